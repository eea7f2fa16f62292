using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A request being answered, the same for handlers whichever era and transport carry it.</summary>
public abstract class CallContext
{
    private static readonly string[] Severities = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

    internal CallContext(FixtureCore core, JsonObject request, CancellationToken cancelled)
    {
        Core = core;
        Id = request["id"]!;
        Method = Rpc.Method(request)!;
        Params = request["params"] as JsonObject ?? [];
        Cancelled = cancelled;
    }

    /// <summary>The request's id.</summary>
    public JsonNode Id { get; }

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>The parameters; empty when there are none.</summary>
    public JsonObject Params { get; }

    /// <summary>The parameters' <c>arguments</c>; empty when there are none.</summary>
    public JsonObject Arguments => Params["arguments"] as JsonObject ?? [];

    /// <summary>The request's <c>_meta</c>; empty when there is none.</summary>
    public JsonObject Meta => Params["_meta"] as JsonObject ?? [];

    /// <summary>Cancelled when the client cancels: by notification, or in 2026-07-28 over HTTP by closing the connection.</summary>
    public CancellationToken Cancelled { get; }

    /// <summary>The revision that the client speaks.</summary>
    public abstract string Version { get; }

    /// <summary>The capabilities that the client declared, in <c>initialize</c> or with this request.</summary>
    public abstract JsonObject Capabilities { get; }

    /// <summary>Whether the client speaks 2026-07-28.</summary>
    public bool IsModern => Version == Versions.Modern;

    internal FixtureCore Core { get; }

    /// <summary>The least severity that the client wants to be told, or null for none.</summary>
    private protected abstract string? LogLevel { get; }

    /// <summary>A string argument.</summary>
    public string Text(string argument, string otherwise = "") => Rpc.Text(Arguments[argument]) ?? otherwise;

    /// <summary>An integer argument.</summary>
    public int Number(string argument, int otherwise)
        => Arguments[argument] is JsonValue value && value.TryGetValue<int>(out var number) ? number : otherwise;

    /// <summary>Sends progress, if the client asked for it.</summary>
    public async ValueTask Progress(double progress, double? total = null, string? message = null)
    {
        if (Meta["progressToken"] is not { } token)
        {
            return;
        }

        var parameters = new JsonObject { ["progressToken"] = token.DeepClone(), ["progress"] = progress };
        if (total is not null)
        {
            parameters["total"] = total;
        }

        if (message is not null)
        {
            parameters["message"] = message;
        }

        await Notify("notifications/progress", parameters);
    }

    /// <summary>Sends a log message, if the client wants to be told at this severity.</summary>
    public async ValueTask Log(string level, JsonNode data, string? logger = null)
    {
        if (LogLevel is not { } least || Array.IndexOf(Severities, level) < Array.IndexOf(Severities, least))
        {
            return;
        }

        var parameters = new JsonObject { ["level"] = level, ["data"] = data.DeepClone() };
        if (logger is not null)
        {
            parameters["logger"] = logger;
        }

        await Notify("notifications/message", parameters);
    }

    /// <summary>Asks the client one question and returns the result that it answered with.</summary>
    /// <exception cref="ToolFailureException">Session era: the client declared no such capability, or answered with an error.</exception>
    /// <exception cref="RpcException">2026-07-28: the client declared no such capability, or its answer makes no sense.</exception>
    public async ValueTask<JsonObject> Ask(InputRequest request) => (await Ask([request]))[request.Key];

    /// <summary>Asks the client several questions at once.</summary>
    /// <exception cref="ToolFailureException">Session era: the client declared no such capability, or answered with an error.</exception>
    /// <exception cref="RpcException">2026-07-28: the client declared no such capability, or its answer makes no sense.</exception>
    public abstract ValueTask<IReadOnlyDictionary<string, JsonObject>> Ask(IReadOnlyList<InputRequest> requests);

    /// <summary>Sends a notification that belongs to this request.</summary>
    public abstract ValueTask Notify(string method, JsonObject parameters);

    /// <summary>Makes the answer an event stream from now on.</summary>
    internal abstract void OpenStream();

    /// <summary>Ends the connection that carries the answer, which the client can fetch again where the era allows it.</summary>
    internal abstract void CutStream();

    /// <summary>Kills the connection, or the process where there is no connection. The result must be thrown: there will be no answer.</summary>
    internal abstract Exception Die();
}
