using System.Text;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Access;

/// <summary>Tells which client calls the token endpoint (RFC 6749 section 2.3): by its secret, or, for a public client, by its id alone.</summary>
internal static class ClientAuthentication
{
    /// <summary>The client; else the error.</summary>
    public static (Client? Client, OAuthFault? Fault) Find(HttpContext context, IFormCollection form, ClientDirectory clients)
    {
        var (id, secret) = (form["client_id"].ToString(), form["client_secret"].ToString());
        if (context.Request.Headers.Authorization is { Count: > 0 } header)
        {
            if (secret.Length > 0)
            {
                return (null, OAuthFault.Invalid("The client authenticates in one way: by the header or by the body."));
            }

            if (header.Count != 1 || Basic(header[0]!) is not var (name, password) || (id.Length > 0 && id != name))
            {
                return (null, OAuthFault.Client);
            }

            (id, secret) = (name, password);
        }

        if (id.Length == 0)
        {
            return (null, OAuthFault.Client);
        }

        return clients.Presented(id) is { } client && (client.IsConfidential ? client.IsSecret(secret) : secret.Length == 0)
            ? (client, null)
            : (null, OAuthFault.Client);
    }

    /// <summary>Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).</summary>
    private static (string Id, string Secret)? Basic(string header)
    {
        const string scheme = "Basic ";
        var buffer = new byte[4_096];
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || !Convert.TryFromBase64String(header[scheme.Length..].Trim(), buffer, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(buffer, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (Decode(text[..colon]), Decode(text[(colon + 1)..]));
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
