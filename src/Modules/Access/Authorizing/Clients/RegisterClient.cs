using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A client registers itself (RFC 7591). It is worth nothing until a person lets it in.</summary>
internal sealed class RegisterClient(IEventStore store, IReadModels models, OAuthThrottle throttle, TimeProvider time)
{
    private const int MaxBytes = 64 * 1024;
    private static readonly string[] Methods = ["none", "client_secret_basic", "client_secret_post"];

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapOpen("POST", "/register", Handle);

    /// <summary>What a registration comes to; else the error of RFC 7591 section 3.2.2.</summary>
    public static (ClientMetadata? Metadata, OAuthFault? Fault) Read(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            return (null, Metadata("The registration is a JSON object."));
        }

        if (!TryTexts(document, "redirect_uris", out var redirects) || redirects.Length is 0 or > Client.MaxRedirects)
        {
            return (null, new OAuthFault("invalid_redirect_uri", $"redirect_uris lists 1 to {Client.MaxRedirects} redirect URIs."));
        }

        foreach (var redirect in redirects)
        {
            if (!RedirectUri.IsAcceptable(redirect, out var fault))
            {
                return (null, new OAuthFault("invalid_redirect_uri", fault));
            }
        }

        var method = Text(document, "token_endpoint_auth_method") ?? "client_secret_basic";
        if (!Methods.Contains(method, StringComparer.Ordinal))
        {
            return (null, Metadata("token_endpoint_auth_method is none, client_secret_basic or client_secret_post."));
        }

        if (!TryTexts(document, "grant_types", out var grants) || (grants.Length > 0 && !grants.Contains("authorization_code", StringComparer.Ordinal)))
        {
            return (null, Metadata("grant_types holds authorization_code, and refresh_token where refresh tokens are wanted."));
        }

        if (!TryTexts(document, "response_types", out var responses) || (responses.Length > 0 && !responses.Contains("code", StringComparer.Ordinal)))
        {
            return (null, Metadata("response_types holds code."));
        }

        var name = Client.ShownName(Text(document, "client_name")) ?? RedirectUri.Shown(redirects[0]);
        return (new ClientMetadata(name, redirects, method, grants.Contains("refresh_token", StringComparer.Ordinal)), null);
    }

    private static OAuthFault Metadata(string description) => new("invalid_client_metadata", description);

    private static string? Text(JsonElement document, string name)
        => document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list of texts; empty when it is not given, false for anything else.</summary>
    private static bool TryTexts(JsonElement document, string name, out ImmutableArray<string> texts)
    {
        texts = [];
        if (!document.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 100 || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            return false;
        }

        texts = [.. value.EnumerateArray().Select(item => item.GetString()!)];
        return true;
    }

    private async Task Handle(HttpContext context)
    {
        if (throttle.Register(context) is { } wait)
        {
            await OAuthThrottle.TooMany(context, wait);
            return;
        }

        if (await Document(context) is not { } document)
        {
            await Metadata($"The registration is a JSON object of at most {MaxBytes / 1024} KiB.").Write(context);
            return;
        }

        using (document)
        {
            var (metadata, fault) = Read(document.RootElement);
            if (fault is not null)
            {
                await fault.Write(context);
                return;
            }

            await Answer(context, metadata!);
        }
    }

    private static async Task<JsonDocument?> Document(HttpContext context)
    {
        OAuthEndpoints.Limit(context, MaxBytes);
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, new JsonDocumentOptions { MaxDepth = 16 }, context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return null;
        }
    }

    private async Task Answer(HttpContext context, ClientMetadata metadata)
    {
        var (id, secret) = (Ids.New("cli"), metadata.Method == "none" ? null : ClientSecret.New());
        var appended = await store.Append(
            new AppendRequest
            {
                StreamId = ClientFold.StreamOf(id),
                StreamType = ClientFold.StreamType,
                Expected = ExpectedVersion.NoStream,
                Events = [new ClientRegistered(
                    id, ClientOrigin.Dynamic, metadata.Name, metadata.RedirectUris, secret is null ? null : GrantTokens.Digest(secret), metadata.Refreshes)],
                Metadata = EventMetadata.By(id),
            },
            context.RequestAborted);
        await models.WaitFor(((AppendOutcome.Appended)appended).Position, context.RequestAborted);
        await OAuthEndpoints.Json(context, StatusCodes.Status201Created, json =>
        {
            json.WriteString("client_id"u8, id);
            json.WriteNumber("client_id_issued_at"u8, time.GetUtcNow().ToUnixTimeSeconds());
            if (secret is not null)
            {
                json.WriteString("client_secret"u8, secret);
                json.WriteNumber("client_secret_expires_at"u8, 0);
            }

            json.WriteString("client_name"u8, metadata.Name);
            Write(json, "redirect_uris", metadata.RedirectUris.AsSpan());
            json.WriteString("token_endpoint_auth_method"u8, metadata.Method);
            Write(json, "grant_types", metadata.Refreshes ? ["authorization_code", "refresh_token"] : ["authorization_code"]);
            Write(json, "response_types", ["code"]);
        });
    }

    private static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}

/// <summary>What a client says about itself.</summary>
/// <param name="Name">As it may be shown.</param>
/// <param name="RedirectUris">Each acceptable.</param>
/// <param name="Method">How it authenticates at the token endpoint.</param>
/// <param name="Refreshes">Whether it wants refresh tokens.</param>
internal sealed record ClientMetadata(string Name, ImmutableArray<string> RedirectUris, string Method, bool Refreshes);

/// <summary>Secrets of confidential clients.</summary>
internal static class ClientSecret
{
    /// <summary>A new one.</summary>
    public static string New() => "tgs_" + System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
}
