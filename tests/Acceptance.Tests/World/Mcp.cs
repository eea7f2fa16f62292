using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Acceptance.Tests;

/// <summary>MCP spoken by hand at one URL with one credential, for statuses, headers and bytes that official clients hide.</summary>
public sealed class Mcp(HttpClient http, string path, string? token)
{
    public const string Modern = "2026-07-28";
    public const string Legacy = "2025-11-25";

    public string Path { get; } = path;

    /// <summary>The same URL with another credential.</summary>
    public Mcp As(string? other) => new(http, Path, other);

    /// <summary>Another URL with the same credential.</summary>
    public Mcp At(string other) => new(http, other, token);

    /// <summary>A request of the stateless era.</summary>
    public Task<Answer> Stateless(string method, JsonObject? parameters = null, params (string Name, string Value)[] headers)
    {
        parameters ??= [];
        parameters["_meta"] ??= new JsonObject
        {
            ["io.modelcontextprotocol/protocolVersion"] = Modern,
            ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject(),
            ["io.modelcontextprotocol/clientInfo"] = new JsonObject { ["name"] = "by-hand", ["version"] = "1" },
        };
        List<(string, string)> all = [("MCP-Protocol-Version", Modern), ("Mcp-Method", method)];
        if (parameters["name"] is { } name && method == "tools/call")
        {
            all.Add(("Mcp-Name", (string)name!));
        }

        all.AddRange(headers);
        return Post(Request(method, parameters), [.. all]);
    }

    /// <summary>The tools that the stateless era lists, without the one that Toolgate adds where one of them asks for approval.</summary>
    public async Task<IReadOnlyList<JsonElement>> List()
        => [.. (await Stateless("tools/list")).Expect(200).Json.GetProperty("result").GetProperty("tools").EnumerateArray()
            .Where(tool => tool.GetProperty("name").GetString() != McpClients.Added)];

    /// <summary>The addresses of the tools that the stateless era lists.</summary>
    public async Task<IReadOnlyList<string>> Addresses() => [.. (await List()).Select(AddressOf)];

    /// <summary>A call of the stateless era.</summary>
    public Task<Answer> Call(string name, string arguments = "{}")
        => Stateless("tools/call", new JsonObject { ["name"] = name, ["arguments"] = JsonNode.Parse(arguments) });

    /// <summary>Opens a session of the older era and returns its id.</summary>
    public async Task<string> Initialize(string version = Legacy)
    {
        var answer = await Post(Request("initialize", new JsonObject
        {
            ["protocolVersion"] = version,
            ["capabilities"] = new JsonObject(),
            ["clientInfo"] = new JsonObject { ["name"] = "by-hand", ["version"] = "1" },
        }));
        var session = answer.Expect(200).Header("Mcp-Session-Id").ShouldNotBeNull("no session id");
        (await InSession(session, new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/initialized" })).Expect(202);
        return session;
    }

    /// <summary>A message in a session.</summary>
    public Task<Answer> InSession(string session, JsonObject message)
        => Post(message, ("Mcp-Session-Id", session), ("MCP-Protocol-Version", Legacy));

    public Task<Answer> ListInSession(string session) => InSession(session, Request("tools/list", []));

    public Task<Answer> CallInSession(string session, string name, string arguments = "{}")
        => InSession(session, Request("tools/call", new JsonObject { ["name"] = name, ["arguments"] = JsonNode.Parse(arguments) }));

    public async Task<Answer> End(string session) => await Send(HttpMethod.Delete, null, ("Mcp-Session-Id", session), ("MCP-Protocol-Version", Legacy));

    public Task<Answer> Post(JsonNode message, params (string Name, string Value)[] headers)
        => Send(HttpMethod.Post, message.ToJsonString(), [("Accept", "application/json, text/event-stream"), .. headers]);

    /// <summary>Any request; a body goes out as JSON unless a header says otherwise.</summary>
    public async Task<Answer> Send(HttpMethod method, string? body, params (string Name, string Value)[] headers)
    {
        using var response = await http.SendAsync(Message(method, body, headers));
        return await Answer.Of(response);
    }

    /// <summary>Opens a stream: the GET stream of a session, or with a body the answer of <c>subscriptions/listen</c>.</summary>
    public async Task<McpStream> Stream(HttpMethod method, string? body, params (string Name, string Value)[] headers)
    {
        var response = await http.SendAsync(Message(method, body, headers), HttpCompletionOption.ResponseHeadersRead);
        return new McpStream(response, new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8));
    }

    public Task<McpStream> GetStream(string session)
        => Stream(HttpMethod.Get, null, ("Accept", "text/event-stream"), ("Mcp-Session-Id", session), ("MCP-Protocol-Version", Legacy));

    public Task<McpStream> Listen()
    {
        var request = Request("subscriptions/listen", new JsonObject
        {
            ["notifications"] = new JsonObject { ["toolsListChanged"] = true },
            ["_meta"] = new JsonObject
            {
                ["io.modelcontextprotocol/protocolVersion"] = Modern,
                ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject(),
            },
        });
        return Stream(
            HttpMethod.Post, request.ToJsonString(), ("Accept", "application/json, text/event-stream"), ("MCP-Protocol-Version", Modern), ("Mcp-Method", "subscriptions/listen"));
    }

    public static JsonObject Request(string method, JsonObject parameters, int id = 1)
        => new() { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters };

    public static string AddressOf(JsonElement tool) => tool.GetProperty("_meta").GetProperty("toolgate/address").GetString()!;

    /// <summary>The MCP name of an address without underscores that fits into 64 characters.</summary>
    public static string NameOf(string address) => address.Replace('.', '_');

    private HttpRequestMessage Message(HttpMethod method, string? body, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, Path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            if (name == "Content-Type")
            {
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }
}

/// <summary>An open event stream.</summary>
public sealed class McpStream(HttpResponseMessage response, StreamReader reader) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public int Status => (int)response.StatusCode;

    /// <summary>The next message with data; null at the end of the stream.</summary>
    public async Task<JsonElement?> Next()
    {
        using var patience = new CancellationTokenSource(Patience);
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data.Append(line.AsSpan(5).TrimStart(' '));
            }
            else if (line.Length == 0 && data.Length > 0)
            {
                return JsonDocument.Parse(data.ToString()).RootElement;
            }
        }

        return null;
    }

    /// <summary>Reads until a message of this method comes.</summary>
    public async Task<JsonElement> Next(string method)
    {
        while (await Next() is { } message)
        {
            if (message.TryGetProperty("method", out var found) && found.GetString() == method)
            {
                return message;
            }
        }

        throw new ShouldAssertException($"The stream ended without {method}.");
    }

    /// <summary>A refusal instead of a stream, read as an ordinary answer.</summary>
    public async Task<Answer> Whole()
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer(Status, headers, Encoding.UTF8.GetBytes(await reader.ReadToEndAsync()));
    }

    /// <summary>Reads to the end; what came before it.</summary>
    public async Task<IReadOnlyList<JsonElement>> End()
    {
        var messages = new List<JsonElement>();
        try
        {
            while (await Next() is { } message)
            {
                messages.Add(message);
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // Cut off rather than ended: over as well.
        }

        return messages;
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
