using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Acceptance.Tests;

/// <summary>A browser as far as signing in goes: it keeps the cookie, sends its own origin and does not follow redirects by itself.</summary>
internal sealed partial class Browser(Uri origin) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = origin };

    private const string Person = "__Host-toolgate";

    /// <summary>Value of the person's cookie; null when there is none.</summary>
    public string? Cookie
    {
        get => Cookies.GetValueOrDefault(Person);
        set => Keep(Person, value ?? "");
    }

    /// <summary>The last header that set the person's cookie, with its attributes.</summary>
    public string? SetCookie { get; private set; }

    /// <summary>Cookies by name, that of the person included.</summary>
    public Dictionary<string, string> Cookies { get; } = new(StringComparer.Ordinal);

    /// <summary>Headers that every request carries.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>Sent as <c>Sec-Fetch-Site</c> with every request.</summary>
    public string FetchSite { get; set; } = "same-origin";

    public Task<Page> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<Page> Post(string path, params (string Name, string Value)[] fields)
        => Send(HttpMethod.Post, path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    public Task<Page> Json(HttpMethod method, string path, object? body, string? csrf = null)
        => Send(method, path, body is null ? null : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), csrf);

    public void Dispose() => http.Dispose();

    private async Task<Page> Send(HttpMethod method, string path, HttpContent? content, string? csrf = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Add("Sec-Fetch-Site", FetchSite);
        if (Cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (csrf is not null)
        {
            request.Headers.Add("X-CSRF-Token", csrf);
        }

        using var response = await http.SendAsync(request);
        if (response.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            foreach (var cookie in cookies)
            {
                var match = NameAndValue().Match(cookie);
                Keep(match.Groups[1].Value, match.Groups[2].Value);
                SetCookie = match.Groups[1].Value == Person ? cookie : SetCookie;
            }
        }

        return new Page(
            response.StatusCode, response.Headers.Location?.OriginalString, await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    private void Keep(string name, string value)
    {
        if (value.Length == 0)
        {
            Cookies.Remove(name);
        }
        else
        {
            Cookies[name] = value;
        }
    }

    [GeneratedRegex(@"\A([^=;]+)=([^;]*)")]
    private static partial Regex NameAndValue();
}

/// <summary>What a browser got.</summary>
internal sealed record Page(HttpStatusCode Status, string? Location, string Text, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>Value of a hidden field.</summary>
    public string Hidden(string name) => WebUtility.HtmlDecode(Regex.Match(Text, $"name=\"{Regex.Escape(name)}\" value=\"([^\"]*)\"").Groups[1].Value);
}
