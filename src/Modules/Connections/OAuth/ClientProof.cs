using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Toolgate.Connections;

/// <summary>How a client proves itself at a token endpoint (RFC 6749 section 2.3). Lives in memory only.</summary>
/// <param name="ClientId">Its identifier, which is no secret.</param>
/// <param name="Secret">Its secret; null for a public client.</param>
/// <param name="Method">One of <see cref="Methods"/>.</param>
internal sealed record ClientProof(string ClientId, string? Secret, string Method)
{
    /// <summary>A public client.</summary>
    public const string None = "none";

    /// <summary>HTTP basic credentials.</summary>
    public const string Basic = "client_secret_basic";

    /// <summary>Form fields.</summary>
    public const string Post = "client_secret_post";

    /// <summary>The methods, the better ones first.</summary>
    public static IReadOnlyList<string> Methods { get; } = [Basic, Post, None];

    /// <summary>Keeps the secret out of anything that prints it.</summary>
    public override string ToString() => $"{nameof(ClientProof)} {ClientId}";

    /// <summary>Adds the proof to a request with a form.</summary>
    public void AddTo(HttpRequestMessage request, List<KeyValuePair<string, string>> form)
    {
        if (Method == Basic && Secret is not null)
        {
            // Section 2.3.1: both are form-encoded before they become a user name and a password.
            var pair = $"{WebUtility.UrlEncode(ClientId)}:{WebUtility.UrlEncode(Secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
            return;
        }

        form.Add(new("client_id", ClientId));
        if (Method == Post && Secret is not null)
        {
            form.Add(new("client_secret", Secret));
        }
    }
}
