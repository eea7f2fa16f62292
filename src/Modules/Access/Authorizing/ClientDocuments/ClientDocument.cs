using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Toolgate.Access;

/// <summary>
/// Reads what a client publishes about itself at the address that is its id (OAuth Client ID Metadata Documents). Such a client is public: what everybody can read
/// holds no secret.
/// </summary>
internal static class ClientDocument
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Whether an id is such an address: https, a path, canonical, and nothing that could make two texts lead to one document.</summary>
    public static bool IsAddress([NotNullWhen(true)] string? clientId, [NotNullWhen(true)] out Uri? url)
    {
        url = null;
        if (clientId is not { Length: > 0 and <= ClientDirectory.MaxLength } || !clientId.StartsWith("https://", StringComparison.Ordinal)
            || clientId.Any(character => character is <= ' ' or > '~' or '\\' or '#')
            || !Uri.TryCreate(clientId, UriKind.Absolute, out var parsed))
        {
            return false;
        }

        // Ids are compared as text. Written in the canonical way there is one text for one address: no dot segments, no default port, no capitals in the host.
        if (parsed.UserInfo.Length > 0 || parsed.AbsolutePath.Length <= 1 || !string.Equals(parsed.AbsoluteUri, clientId, StringComparison.Ordinal))
        {
            return false;
        }

        url = parsed;
        return true;
    }

    /// <summary>The client; null when the document is none of this id, with the reason.</summary>
    /// <param name="clientId">The address that it was fetched from.</param>
    /// <param name="json">What was there.</param>
    /// <param name="now">When.</param>
    /// <param name="fault">For the operator's log.</param>
    public static Client? Read(string clientId, ReadOnlyMemory<byte> json, DateTimeOffset now, [NotNullWhen(false)] out string? fault)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return Read(clientId, document.RootElement, now, out fault);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair is JSON and has no text form.
            fault = "It is no JSON.";
            return null;
        }
    }

    private static Client? Read(string clientId, JsonElement root, DateTimeOffset now, out string? fault)
    {
        var redirects = root.ValueKind == JsonValueKind.Object ? Texts(root, "redirect_uris") : null;
        var name = root.ValueKind == JsonValueKind.Object ? Client.ShownName(Text(root, "client_name")) : null;
        fault = root.ValueKind != JsonValueKind.Object ? "It is no JSON object."
            : Text(root, "client_id") != clientId ? "Its client_id is not its address."
            : name is null ? "It has no client_name."
            : root.TryGetProperty("client_secret", out _) || root.TryGetProperty("client_secret_expires_at", out _) ? "It holds a secret, which everybody can read."
            : !MayBePublic(root) ? "It wants to authenticate in a way that is not supported; none with PKCE is."
            : redirects is not { Count: > 0 and <= Client.MaxRedirects } ? $"It has no redirect_uris, or more than {Client.MaxRedirects}."
            : redirects.Select(uri => RedirectUri.IsAcceptable(uri, out var why) ? null : why).FirstOrDefault(why => why is not null) is { } wrong ? wrong
            : !Includes(root, "grant_types", "authorization_code", whenMissing: true) || !Includes(root, "response_types", "code", whenMissing: true) ? "It does not use authorization codes."
            : null;
        return fault is not null
            ? null
            : new Client(clientId, null, name!, [.. redirects!], null, Includes(root, "grant_types", "refresh_token", whenMissing: false), now);
    }

    /// <summary>A document knows no server in particular: the one method is what the client prefers, the list what it can do besides.</summary>
    private static bool MayBePublic(JsonElement root)
        => Includes(root, "token_endpoint_auth_methods_supported", "none", whenMissing: false)
            || !root.TryGetProperty("token_endpoint_auth_method", out var method) || (method.ValueKind == JsonValueKind.String && method.ValueEquals("none"));

    private static bool Includes(JsonElement root, string name, string value, bool whenMissing)
        => root.TryGetProperty(name, out _) ? Texts(root, name)?.Contains(value, StringComparer.Ordinal) == true : whenMissing;

    private static string? Text(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list of strings; null for anything else.</summary>
    private static List<string>? Texts(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : null;
}
