using System.Net;
using System.Text;

namespace Toolgate.Connections;

/// <summary>
/// Requests of the era without sessions (2026-07-28) over streamable HTTP: each is a POST of its own that says everything, and its response is its answer
/// with what belongs to it. Closing the response cancels the request.
/// </summary>
internal sealed class ModernHttpSession(HttpChannel http, ServerFacts server, INoticed noticed) : IMcpSession
{
    /// <inheritdoc/>
    public McpEra Era => McpEra.Modern;

    /// <inheritdoc/>
    public ServerFacts Server => server;

    /// <inheritdoc/>
    public bool IsOver => false;

    /// <inheritdoc/>
    public string? LogLevel { get; set; }

    /// <summary>Asks a server what it is; null when it does not speak this era.</summary>
    /// <exception cref="McpFault">It refuses the credentials, or answers garbage.</exception>
    public static async ValueTask<ModernHttpSession?> Discover(HttpChannel http, INoticed noticed, CancellationToken cancellationToken)
    {
        var unknown = new ModernHttpSession(http, new ServerFacts(McpProtocol.Modern, "{}"u8.ToArray(), null, "", ""), noticed);
        try
        {
            var answer = await unknown.Request(new McpRequest(McpProtocol.Discover, "{}"u8.ToArray()), BackgroundClient.Instance, ClientCapabilities.None, cancellationToken);

            // Servers of the other era answer an unknown method with an error, whatever the status.
            return answer.Error.IsEmpty && ServerFacts.OfDiscovery(answer.Result) is { } facts ? new ModernHttpSession(http, facts, noticed) : null;
        }
        catch (McpEraException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RpcAnswer> Request(McpRequest request, CallClient client, ClientCapabilities capabilities, CancellationToken cancellationToken)
    {
        using var exchange = new McpExchange(RequestIds.Next(), client, capabilities, reply: null, noticed);
        var body = McpRequestWriter.Write(exchange.Id, request, McpEra.Modern, client, capabilities.Json);
        using var response = await http.Post(body, Headers(request), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return await Refused(response, cancellationToken);
        }

        await using var messages = await http.Read(response, http.MaxBytes, cancellationToken);
        while (await messages.Next(cancellationToken) is { } message)
        {
            if (await exchange.Take(message, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        throw response.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.NoContent
            ? new McpEraException()
            : new IOException("The answer ended before it was there.");
    }

    /// <inheritdoc/>
    public async ValueTask Listen(IReadOnlyCollection<string> resources, Action listening, CancellationToken cancellationToken)
    {
        var id = RequestIds.Next();
        var request = new McpRequest(McpProtocol.Listen, ListenFilter.Of(resources));
        var body = McpRequestWriter.Write(id, request, McpEra.Modern, BackgroundClient.Instance, ClientCapabilities.None.Json);
        using var response = await http.Post(body, Headers(request), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return;
        }

        listening();
        await using var messages = await http.Read(response, long.MaxValue, cancellationToken);
        while (await messages.Next(cancellationToken) is { } json)
        {
            var message = JsonRpcMessage.Parse(json);
            if (message is { Kind: JsonRpcKind.Answer })
            {
                return;
            }

            if (message is { Kind: JsonRpcKind.Notification, Method: { } method, Params: var parameters })
            {
                noticed.Noticed(method, parameters);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A value as a header carries it: as it is when it is plain, else in base64 between marks (SEP-2243).</summary>
    public static string HeaderValue(string value)
        => value.Length > 0 && AuthTemplateRules.IsHeaderText(value) && value.Trim(' ').Length == value.Length && !value.StartsWith("=?base64?", StringComparison.OrdinalIgnoreCase)
            ? value
            : $"=?base64?{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}?=";

    private static IEnumerable<KeyValuePair<string, string>> Headers(McpRequest request)
    {
        yield return new(McpProtocol.VersionHeader, McpProtocol.Modern);
        yield return new(McpProtocol.MethodHeader, request.Method);
        if (request.Name is { } name)
        {
            yield return new(McpProtocol.NameHeader, HeaderValue(name));
        }

        foreach (var (header, value) in request.Headers)
        {
            yield return new(McpProtocol.ParameterHeaderPrefix + header, HeaderValue(value));
        }
    }

    private async ValueTask<RpcAnswer> Refused(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var error = await HttpChannel.Error(response, cancellationToken);
        if (HttpRefusals.IsOtherEra(response.StatusCode, error))
        {
            throw new McpEraException(error);
        }

        return error.Error.IsEmpty || response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? throw await http.Refusal(response, cancellationToken)
            : error;
    }
}

/// <summary>Ids of requests to upstreams: one row for the whole process, so that no two are ever confused.</summary>
internal static class RequestIds
{
    private static long last;

    public static long Next() => Interlocked.Increment(ref last);
}
