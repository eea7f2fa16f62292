using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// The clients that this deployment is to authorization servers. Each is bound to its issuer and sent to no other. In order: registered by hand for the
/// integration, registered by hand for the issuer, this deployment's metadata document, registered dynamically.
/// </summary>
internal sealed class UpstreamClients(Commands commands, SecretVault vault, MetadataClient metadata, IConfiguration configuration, TimeProvider time)
{
    /// <summary>Where this deployment publishes what it is as a client.</summary>
    public const string DocumentPath = "/oauth/client-id-metadata.json";

    private const string ClientName = "Toolgate";
    private const int MaxClientId = 1_000;
    private const int MaxSecret = 8 * 1024;
    private static readonly TimeSpan Spare = TimeSpan.FromMinutes(5);

    /// <summary>The setting that says where the metadata document is published, when that is not at this deployment.</summary>
    public const string Setting = "Toolgate:UpstreamOAuth:ClientMetadataUrl";

    /// <summary>URL of the metadata document; null where servers could not read it: it must be public and https.</summary>
    public string? DocumentUrl { get; } = configuration[Setting] is { Length: > 0 } published ? published
        : configuration[PublicOrigin.Setting] is { Length: > 0 } url && url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? url.TrimEnd('/') + DocumentPath
        : null;

    /// <summary>The members of the metadata document, which are those of a dynamic registration, too (RFC 7591 section 2).</summary>
    public static Dictionary<string, object> Metadata(string redirect, string authMethod) => new()
    {
        ["client_name"] = ClientName,
        ["redirect_uris"] = new[] { redirect },
        ["grant_types"] = new[] { "authorization_code", "refresh_token" },
        ["response_types"] = new[] { "code" },
        ["token_endpoint_auth_method"] = authMethod,
        ["application_type"] = redirect.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "web" : "native",
    };

    /// <summary>The client to authorize with: its name for <see cref="ProofOf"/>, and its identifier.</summary>
    /// <exception cref="OAuthFaultException">There is none, and none can be made.</exception>
    public async Task<(string Name, string ClientId)> Choose(string integration, AuthorizationServer server, string redirect, EventMetadata who, CancellationToken cancellationToken)
    {
        if (Known(UpstreamClient.IdOf(server.Issuer, integration, null)) is { } own)
        {
            return (own.Id, own.ClientId);
        }

        if (Known(UpstreamClient.IdOf(server.Issuer, null, null)) is { } shared)
        {
            return (shared.Id, shared.ClientId);
        }

        if (server.ReadsClientDocuments && DocumentUrl is { } document)
        {
            return (document, document);
        }

        var id = UpstreamClient.IdOf(server.Issuer, null, redirect);
        if (Known(id) is { } registered)
        {
            return (id, registered.ClientId);
        }

        var made = server.RegistrationEndpoint is not null ? await Register(id, server, redirect, who, cancellationToken) : null;
        return made is null
            ? throw new OAuthFaultException(
                "oauth_client_required",
                $"'{server.Issuer}' registers no clients by itself: register one there with the redirect URL {redirect}, and here with POST /api/oauth/clients.")
            : (id, made.ClientId);
    }

    /// <summary>The proof of a client; null when it is gone, or its secret is.</summary>
    public async ValueTask<ClientProof?> ProofOf(string name, CancellationToken cancellationToken)
    {
        if (!name.StartsWith("oac_", StringComparison.Ordinal))
        {
            return new ClientProof(name, null, ClientProof.None);
        }

        if (commands.State.Clients.GetValueOrDefault(name)?.Client is not { } client)
        {
            return null;
        }

        if (client.SecretId is not { } secret)
        {
            return new ClientProof(client.ClientId, null, ClientProof.None);
        }

        try
        {
            return await vault.Open(secret, cancellationToken) is { } values && values.TryGetValue(UpstreamClient.Secret, out var word) ? new ClientProof(client.ClientId, word, client.AuthMethod) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The server does not know a client any more: one that was registered dynamically is forgotten, so that the next authorization registers another.</summary>
    public async Task Forget(string name, CancellationToken cancellationToken)
    {
        if (commands.State.Clients.GetValueOrDefault(name)?.Client is { IsDynamic: true } client)
        {
            await commands.OnClient(name, state => state is null || state.ClientId != client.ClientId ? Decision.Nothing : Removal(state), EventMetadata.System, ifMatch: null, cancellationToken);
        }
    }

    /// <summary>The decision to keep a client in place of the one before.</summary>
    public static Decision Keep(UpstreamClientRegistered made, SideWrite? sealing, UpstreamClient? state)
    {
        var writes = new List<SideWrite>();
        if (sealing is not null)
        {
            writes.Add(sealing);
        }

        if (state?.SecretId is { } old)
        {
            writes.Add(SecretVault.Destroy(old));
        }

        return Decision.Accept(made) with { Alongside = writes };
    }

    /// <summary>The decision to remove a client.</summary>
    public static Decision Removal(UpstreamClient state) => Decision.Accept(new UpstreamClientRemoved(state.Id)) with
    {
        Alongside = state.SecretId is { } secret ? [SecretVault.Destroy(secret)] : [],
    };

    private bool IsUsable(UpstreamClient client) => client.ExpiresAt is not { } end || end > time.GetUtcNow() + Spare;

    private UpstreamClient? Known(string id) => commands.State.Clients.GetValueOrDefault(id)?.Client is { } client && IsUsable(client) ? client : null;

    /// <summary>RFC 7591 section 3. Two hosts may both register; the one that is kept first is used by both.</summary>
    private async Task<UpstreamClient?> Register(string id, AuthorizationServer server, string redirect, EventMetadata who, CancellationToken cancellationToken)
    {
        var wanted = server.AuthMethods.Length == 0 ? ClientProof.Basic : ClientProof.Methods.FirstOrDefault(method => server.AuthMethods.Contains(method))
            ?? throw new OAuthFaultException("oauth_client_required", $"'{server.Issuer}' takes no proof of a client that Toolgate can give.");
        var (status, answer) = await metadata.Post(server.RegistrationEndpoint!, Metadata(redirect, wanted), cancellationToken);
        if (status is not (HttpStatusCode.Created or HttpStatusCode.OK) || answer is not { } body
            || body.Text("client_id") is not { Length: > 0 and <= MaxClientId } clientId || AuthTemplateRules.HasControl(clientId))
        {
            throw new OAuthFaultException("oauth_registration_refused", $"'{server.Issuer}' refused to register a client (status {(int)status}).");
        }

        var secret = body.Text("client_secret") is { Length: > 0 and <= MaxSecret } word ? word : null;
        var method = secret is null ? ClientProof.None : body.Text("token_endpoint_auth_method") ?? (wanted == ClientProof.None ? ClientProof.Basic : wanted);
        if (!ClientProof.Methods.Contains(method))
        {
            throw new OAuthFaultException("oauth_registration_refused", $"'{server.Issuer}' registered a client with a proof that Toolgate cannot give.");
        }

        var secretId = secret is null || method == ClientProof.None ? null : SecretVault.NewId();
        var sealing = secretId is null ? null : vault.Store(secretId, new Dictionary<string, string> { [UpstreamClient.Secret] = secret! });
        var made = new UpstreamClientRegistered(id, server.Issuer, null, clientId, secretId, method, redirect, EndOf(body));
        var decided = await commands.OnClient(id, state => state is not null && IsUsable(state) ? Decision.Nothing : Keep(made, sealing, state), who, ifMatch: null, cancellationToken);
        return decided.IsDone(out var done, out _) ? done.State : null;
    }

    /// <summary>Section 3.2.1: zero means that it does not end.</summary>
    private static DateTimeOffset? EndOf(JsonElement body)
        => body.Member("client_secret_expires_at") is { ValueKind: JsonValueKind.Number } end && end.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
