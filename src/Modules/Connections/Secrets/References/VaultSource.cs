using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Secrets of a HashiCorp Vault, read with the HTTP API of its key-value engine, version 2 (<c>GET /v1/{mount}/data/{path}</c>). The address is the operator's
/// own and not under the egress rules; what cannot be chosen from outside is where the token goes: no redirect is followed, no proxy is used.
/// </summary>
internal sealed class VaultSource : ISecretSource, IDisposable
{
    /// <summary>Its word.</summary>
    public const string Source = "vault";

    private const int MaxAnswer = 1024 * 1024;
    private const int MaxToken = 16 * 1024;
    private const int MaxKey = 200;
    private readonly IOptions<SecretsOptions> options;
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });

    public VaultSource(IOptions<SecretsOptions> options) => this.options = options;

    /// <inheritdoc/>
    public string Word => Source;

    /// <inheritdoc/>
    public bool Allows(SecretReference reference) => options.Value.Vault is { } vault && SecretPath.IsPath(reference.Name)
        && reference.Key is { Length: > 0 and <= MaxKey } key && !AuthTemplateRules.HasControl(key)
        && Array.Exists(vault.Paths, allowed => allowed.EndsWith("/*", StringComparison.Ordinal)
            ? reference.Name.AsSpan().StartsWith(allowed.AsSpan()[..^1], StringComparison.Ordinal)
            : reference.Name == allowed);

    /// <inheritdoc/>
    public async ValueTask<string> Read(SecretReference reference, CancellationToken cancellationToken)
    {
        var vault = options.Value.Vault!;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{vault.Address!.TrimEnd('/')}/v1/{vault.Mount}/data/{reference.Name}");
        request.Headers.TryAddWithoutValidation("X-Vault-Token", await Token(vault, cancellationToken));

        // Vault's own guard against forged requests: agents can be told to want it.
        request.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
        if (!string.IsNullOrEmpty(vault.Namespace))
        {
            request.Headers.TryAddWithoutValidation("X-Vault-Namespace", vault.Namespace);
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new SecretSourceException($"The vault answered with status {(int)response.StatusCode}.");
            }

            using var body = await BoundedBody.Read(response, MaxAnswer, cancellationToken);
            return body is null ? throw new SecretSourceException("The vault's answer is too large.") : ValueOf(body.Memory, reference.Key!);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new SecretSourceException("The vault cannot be reached.");
        }
        catch (JsonException)
        {
            throw new SecretSourceException("The vault's answer is no JSON.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <summary>The secret of a version that was deleted is null.</summary>
    private static string ValueOf(ReadOnlyMemory<byte> answer, string key)
    {
        using var document = JsonDocument.Parse(answer);
        return document.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("data", out var outer) && outer.ValueKind == JsonValueKind.Object
            && outer.TryGetProperty("data", out var secret) && secret.ValueKind == JsonValueKind.Object
            && secret.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new SecretSourceException("The vault's secret has no text of this key.");
    }

    private static async ValueTask<string> Token(VaultOptions vault, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(vault.Token))
        {
            return vault.Token;
        }

        try
        {
            var token = new FileInfo(vault.TokenFile!) is { Length: <= MaxToken } file ? (await File.ReadAllTextAsync(file.FullName, cancellationToken)).Trim() : "";
            return token.Length > 0 && AuthTemplateRules.IsHeaderText(token) ? token : throw new SecretSourceException("The file of the vault's token holds no token.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SecretSourceException($"The file of the vault's token cannot be read ({exception.GetType().Name}).");
        }
    }
}
