using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions.Tests;

/// <summary>Speaks MCP by hand, so that a test can break exactly one thing.</summary>
internal static class Mcp
{
    public const string Legacy = "2025-11-25";

    public const string Meta = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}""";

    public static string Initialize(string version = Legacy, int id = 1)
        => Message(
            "initialize",
            $"\"protocolVersion\":\"{version}\",\"capabilities\":{{\"elicitation\":{{\"url\":{{}}}}}},\"clientInfo\":{{\"name\":\"hand\",\"version\":\"1.0\"}}",
            id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static string Call(string name, string? arguments = "{}", string id = "7")
        => Message("tools/call", $"\"name\":\"{name}\"" + (arguments is null ? "" : ",\"arguments\":" + arguments), id);

    public static string ModernCall(string name, string arguments = "{}", string id = "7")
        => Message("tools/call", $"\"name\":\"{name}\",\"arguments\":{arguments},\"_meta\":{Meta}", id);

    public static string Modern(string method, string members = "", string id = "3") => Message(method, $"{members}\"_meta\":{Meta}", id);

    public static string Message(string method, string parameters, string id = "3")
        => $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{{{parameters}}}}}";

    public static string Plain(string method, string id = "2") => $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}"}""";

    public static HttpRequestMessage Request(HttpMethod method, string path, string? token = "alice-key", string? session = null, string? body = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", method == HttpMethod.Get ? "text/event-stream" : "application/json, text/event-stream");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        if (session is not null)
        {
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", session);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        return request;
    }

    public static HttpRequestMessage Post(string body, string path = "/mcp", string? token = "alice-key", string? session = null)
        => Request(HttpMethod.Post, path, token, session, body);

    public static HttpRequestMessage ModernPost(string body, string path = "/mcp", string? token = "alice-key")
    {
        using var document = JsonDocument.Parse(body);
        var request = Post(body, path, token);
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", document.RootElement.GetProperty("method").GetString());
        if (document.RootElement.GetProperty("params").TryGetProperty("name", out var name))
        {
            request.Headers.TryAddWithoutValidation("Mcp-Name", name.GetString());
        }

        if (document.RootElement.GetProperty("params").TryGetProperty("uri", out var uri))
        {
            request.Headers.TryAddWithoutValidation("Mcp-Name", uri.GetString());
        }

        return request;
    }

    public static HttpRequestMessage With(this HttpRequestMessage request, string header, string? value)
    {
        request.Headers.Remove(header);
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        return request;
    }

    /// <summary>Sends and reads the whole answer.</summary>
    public static async Task<Answer> Ask(this Gateway gateway, HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await gateway.Http.SendAsync(request);
            return new Answer(
                (int)response.StatusCode, await response.Content.ReadAsStringAsync(),
                response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
        }
    }

    /// <summary>Opens a session of a client with these capabilities and tells its id.</summary>
    public static async Task<string> OpenAs(this Gateway gateway, string capabilities, string path = "/mcp", string token = "alice-key", string version = Legacy)
    {
        var answer = await gateway.Ask(Post(Message("initialize", $"\"protocolVersion\":\"{version}\",\"capabilities\":{capabilities},\"clientInfo\":{{\"name\":\"hand\",\"version\":\"1.0\"}}", "1"), path, token));
        answer.Status.ShouldBe(200, answer.Body);
        return answer.Headers["Mcp-Session-Id"];
    }

    /// <summary>A call that wants progress.</summary>
    public static string Watched(string name, string progressToken, string id = "7")
        => Message("tools/call", $"\"name\":\"{name}\",\"arguments\":{{}},\"_meta\":{{\"progressToken\":{progressToken}}}", id);

    /// <summary>A request of the stateless era with capabilities, and what else <c>_meta</c> and <c>params</c> may hold.</summary>
    public static string ModernCallAs(string name, string capabilities, string arguments = "{}", string id = "7", string members = "", string meta = "")
        => Message(
            "tools/call",
            $"\"name\":\"{name}\",\"arguments\":{arguments},{members}\"_meta\":{{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{capabilities}{meta}}}",
            id);

    /// <summary>A client's answer to a question.</summary>
    public static string Response(string id, string result = "{}") => $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{result}}}""";

    /// <summary>Opens a session and tells its id.</summary>
    public static async Task<string> Open(this Gateway gateway, string path = "/mcp", string token = "alice-key", string version = Legacy)
    {
        var answer = await gateway.Ask(Post(Initialize(version), path, token));
        answer.Status.ShouldBe(200, answer.Body);
        var session = answer.Headers["Mcp-Session-Id"];
        (await gateway.Ask(Post("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", path, token, session))).Status.ShouldBe(202);
        return session;
    }
}

/// <summary>An answer, whole.</summary>
internal sealed record Answer(int Status, string Body, Dictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public JsonElement Result => Json.GetProperty("result");

    public JsonElement Error => Json.GetProperty("error");

    public void ShouldBeError(int status, int code, string? message = null)
    {
        Status.ShouldBe(status, Body);
        Error.GetProperty("code").GetInt32().ShouldBe(code, Body);
        if (message is not null)
        {
            Error.GetProperty("message").GetString().ShouldBe(message);
        }
    }
}

/// <summary>Reads server-sent events as they come.</summary>
internal sealed class EventReader(HttpResponseMessage response, StreamReader reader) : IDisposable
{
    public HttpResponseMessage Response => response;

    /// <summary>The id of the last event, as a client keeps it.</summary>
    public string? LastId { get; private set; }

    /// <summary>All ids, in order.</summary>
    public List<string> Ids { get; } = [];

    public static async Task<EventReader> Open(Gateway gateway, HttpRequestMessage request)
    {
        var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        ((int)response.StatusCode).ShouldBe(200);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new EventReader(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next line that is not empty: <c>:</c> for a keep-alive, the data of an event, or null at the end.</summary>
    public async Task<string?> Next()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                LastId = line["id: ".Length..];
                Ids.Add(LastId);
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal) && line.Length > "data: ".Length)
            {
                return line["data: ".Length..];
            }

            if (line == ":")
            {
                return line;
            }
        }

        return null;
    }

    /// <summary>The next message, keep-alives skipped; null at the end.</summary>
    public async Task<string?> NextMessage()
    {
        string? line;
        do
        {
            line = await Next();
        }
        while (line == ":");

        return line;
    }

    /// <summary>The next event with content, its lines put together as a reader of events does.</summary>
    public async Task<string> NextWhole()
    {
        var whole = (await NextMessage())!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await reader.ReadLineAsync(patience.Token) is { Length: > 0 } line)
        {
            whole += "\n" + line["data: ".Length..];
        }

        return whole;
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
