using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Fixture;

/// <summary>The HTTP routes: one URL for every revision of streamable HTTP, two for HTTP+SSE.</summary>
internal sealed class HttpEndpoint(FixtureCore core, CancellationToken stopping)
{
    private readonly Doorkeeper doorkeeper = new(core);
    private readonly ModernHttp modern = new(core, stopping);
    private readonly SseHttp sse = new(core, stopping);

    public LegacyHttp Legacy { get; } = new(core, stopping);

    public void Map(IApplicationBuilder app) => app.Run(async http =>
    {
        try
        {
            await Handle(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            // The client left, or the server is told to stop: nobody waits for an answer.
        }
    });

    private async Task Handle(HttpContext http)
    {
        var received = await Receive(http);
        core.Requests.Add(received);
        if (!await doorkeeper.Admit(http, received))
        {
            return;
        }

        switch ((received.Path, received.Verb))
        {
            case ("/mcp", _):
                await StreamableHttp(http, received);
                break;
            case ("/sse", "GET"):
                await sse.Open(http);
                break;
            case ("/messages", "POST"):
                await sse.Post(http, received);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async Task StreamableHttp(HttpContext http, ReceivedRequest received)
    {
        var version = received.Header("MCP-Protocol-Version");
        var isModern = core.Behaviour.Eras switch
        {
            Eras.Legacy => false,
            Eras.Modern => true,
            _ => received.Meta.ContainsKey(ModernContext.Prefix + "protocolVersion") || string.CompareOrdinal(version, Versions.Modern) >= 0,
        };
        switch (received.Verb)
        {
            case "POST" when !Accepts(received, "application/json") || !Accepts(received, Wire.EventStream):
                await Wire.Refuse(http, StatusCodes.Status406NotAcceptable, -32000, "Accept must name application/json and text/event-stream");
                break;
            case "POST" when received.Header("Content-Type")?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true:
                await Wire.Refuse(http, StatusCodes.Status415UnsupportedMediaType, -32000, "Content-Type must be application/json");
                break;
            case "POST" when received.Message is null:
                await Wire.Refuse(http, StatusCodes.Status400BadRequest, -32700, "The body is not one JSON-RPC message");
                break;
            case "POST" when isModern:
                await modern.Post(http, received);
                break;
            case "POST":
                await Legacy.Post(http, received);
                break;
            case "GET" when !isModern:
                await Legacy.Get(http, received);
                break;
            case "DELETE" when !isModern:
                await Legacy.Delete(http, received);
                break;
            default:
                http.Response.Headers.Allow = isModern ? "POST" : "GET, POST, DELETE";
                http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                break;
        }
    }

    private static async Task<ReceivedRequest> Receive(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        return new ReceivedRequest(
            http.Request.Method,
            http.Request.Path,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body,
            Rpc.TryParse(body));
    }

    private static bool Accepts(ReceivedRequest received, string type)
        => received.Header("Accept") is { } accept
            && (accept.Contains(type, StringComparison.OrdinalIgnoreCase) || accept.Contains("*/*", StringComparison.Ordinal));
}
