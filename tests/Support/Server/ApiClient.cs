using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;

namespace Toolgate.TestSupport;

/// <summary>
/// The REST API as a script would use it: one call a line, the expected status asserted, the answer's JSON returned. A wrong status
/// fails the test with the whole exchange.
/// </summary>
public sealed class ApiClient(Uri baseAddress, string? key) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>A client that asks whether it may send its body (Expect: 100-continue) waits for the answer, however busy the machine is.</summary>
    private readonly HttpClient http = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(60) })
    {
        BaseAddress = baseAddress,
        Timeout = TimeSpan.FromSeconds(100),
    };

    /// <summary>The same API for the holder of another key.</summary>
    public ApiClient As(string? otherKey) => new(baseAddress, otherKey);

    /// <summary>The same API without a credential.</summary>
    public ApiClient Anonymous() => new(baseAddress, key: null);

    /// <summary>GET; 200 unless <paramref name="expect"/> says otherwise.</summary>
    public async Task<JsonNode> Get(string path, int expect = 200) => (await Send(HttpMethod.Get, path, expect: expect)).Json;

    /// <summary>POST; any success unless <paramref name="expect"/> says otherwise.</summary>
    public async Task<JsonNode> Post(string path, object? body = null, int? expect = null) => (await Send(HttpMethod.Post, path, body, expect)).Json;

    /// <summary>PUT; any success unless <paramref name="expect"/> says otherwise.</summary>
    public async Task<JsonNode> Put(string path, object? body = null, int? expect = null) => (await Send(HttpMethod.Put, path, body, expect)).Json;

    /// <summary>PATCH; any success unless <paramref name="expect"/> says otherwise.</summary>
    public async Task<JsonNode> Patch(string path, object? body = null, int? expect = null) => (await Send(HttpMethod.Patch, path, body, expect)).Json;

    /// <summary>DELETE; 204 unless <paramref name="expect"/> says otherwise.</summary>
    public async Task Delete(string path, int expect = 204) => await Send(HttpMethod.Delete, path, expect: expect);

    /// <summary>Any request. A body that is a string is sent as it is, anything else as JSON.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">The body, or null for none.</param>
    /// <param name="expect">The status, or null for any success; 0 accepts every status.</param>
    /// <param name="headers">Further headers, <c>Content-Type</c> included.</param>
    public async Task<ApiAnswer> Send(
        HttpMethod method, string path, object? body = null, int? expect = null, params IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body, Json), Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await http.SendAsync(request);
        var answer = new ApiAnswer(
            response.StatusCode,
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsStringAsync());
        var asExpected = expect is { } status ? status == 0 || (int)answer.Status == status : response.IsSuccessStatusCode;
        asExpected.ShouldBeTrue($"{method} {path} should answer {expect?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "2xx"} but answered {(int)answer.Status}:\n{answer.Text}");
        return answer;
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}

/// <summary>An answer of the REST API.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">All headers, names in any case.</param>
/// <param name="Text">The body.</param>
public sealed record ApiAnswer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, string Text)
{
    /// <summary>The body as JSON; an empty object when there is none.</summary>
    public JsonNode Json => Text.Length == 0 ? new JsonObject() : JsonNode.Parse(Text)!;

    /// <summary>The version in the <c>ETag</c>, quotes included.</summary>
    public string ETag => Headers["ETag"];

    /// <summary>The log position of a write.</summary>
    public long Position => long.Parse(Headers["Toolgate-Position"], System.Globalization.CultureInfo.InvariantCulture);
}
