using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>A request as the upstream saw it.</summary>
public sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;
}

/// <summary>
/// The real upstream of the acceptance tests: a small REST service for notes on its own Kestrel. It checks an API key, remembers every
/// request, and can be slow, large, broken or binary when asked to.
/// </summary>
public sealed class NotesApi : IAsyncDisposable
{
    public const string KeyHeader = "X-Api-Key";

    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> received = new();
    private readonly ConcurrentDictionary<string, JsonObject> notes = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim arrived = new(0);
    private int lastId;

    private NotesApi(WebApplication app) => this.app = app;

    /// <summary>Origin, without a trailing slash.</summary>
    public string Origin { get; private set; } = "";

    /// <summary>Keys that are let in. Everything else is 401.</summary>
    public ConcurrentDictionary<string, bool> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>Every request of an operation so far (the documents do not count), oldest first.</summary>
    public IReadOnlyList<Received> Requests => [.. received];

    /// <summary>Completed: slow operations answer. Replace it to make them wait again.</summary>
    public TaskCompletionSource Gate { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<NotesApi> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var api = new NotesApi(builder.Build());
        api.Map();
        await api.app.StartAsync();
        api.Origin = api.app.Urls.Single();
        return api;
    }

    /// <summary>Completes when one more slow operation has arrived.</summary>
    public async Task SlowArrival()
        => (await arrived.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue("no slow request reached the upstream");

    public void Forget() => received.Clear();

    public async ValueTask DisposeAsync()
    {
        Gate.TrySetResult();
        await app.DisposeAsync();
        arrived.Dispose();
    }

    private void Map()
    {
        app.MapGet("/openapi.json", () => Results.Text(NotesDocuments.Json(Origin), "application/json"));
        app.MapGet("/openapi.yaml", () => Results.Text(NotesDocuments.Yaml(Origin), "application/yaml"));
        var operations = app.MapGroup("/v1").AddEndpointFilter(Remember);
        operations.MapGet("/notes", (string? tag, int? limit) => Results.Json(new
        {
            items = notes.Values.Where(note => tag is null || (string?)note["tag"] == tag).Take(limit ?? 100),
            total = notes.Count,
        }));
        operations.MapPost("/notes", (JsonObject note) => Results.Json(Keep(note), statusCode: 201));
        operations.MapGet("/notes/{id}", (string id) => notes.TryGetValue(id, out var note) ? Results.Json(note) : Results.Json(new { error = "no such note" }, statusCode: 404));
        operations.MapPut("/notes/{id}", (string id, JsonObject note) =>
        {
            note["id"] = id;
            notes[id] = note;
            return Results.Json(note);
        });
        operations.MapDelete("/notes/{id}", (string id) =>
        {
            notes.TryRemove(id, out _);
            return Results.NoContent();
        });
        operations.MapGet("/slow", async (HttpContext context) =>
        {
            arrived.Release();
            await Gate.Task.WaitAsync(context.RequestAborted);
            return Results.Json(new { slow = true });
        });
        operations.MapPost("/slow-changes", async (HttpContext context) =>
        {
            arrived.Release();
            await Gate.Task.WaitAsync(context.RequestAborted);
            return Results.Json(new { changed = true });
        });
        operations.MapGet("/big", (int bytes) => Results.Text(new string('x', bytes), "text/plain"));
        operations.MapGet("/failures/{status:int}", (int status) => Results.Json(new { status, reason = "asked for" }, statusCode: status));
        operations.MapGet("/picture", () => Results.Bytes(NotesDocuments.Picture, "image/png"));
    }

    private JsonObject Keep(JsonObject note)
    {
        var id = Interlocked.Increment(ref lastId).ToString(System.Globalization.CultureInfo.InvariantCulture);
        note["id"] = id;
        notes[id] = note;
        return note;
    }

    private async ValueTask<object?> Remember(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var request = invocation.HttpContext.Request;
        var body = "";
        if (invocation.Arguments.OfType<JsonObject>().FirstOrDefault() is { } json)
        {
            body = json.ToJsonString();
        }
        else if (request.ContentLength > 0)
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            body = await reader.ReadToEndAsync();
        }

        received.Enqueue(new Received(
            request.Method,
            request.Path.ToUriComponent() + request.QueryString.ToUriComponent(),
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body));
        return Keys.ContainsKey(request.Headers[KeyHeader].ToString())
            ? await next(invocation)
            : Results.Json(new { error = "unknown key" }, statusCode: 401);
    }
}
