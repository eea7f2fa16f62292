using System.Text;
using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Rest.Tests;

/// <summary>A command with every shape that bodies take.</summary>
internal sealed record Sample(string? Name, int? Count, Sample.Part? Inner, IReadOnlyList<Sample.Part>? Parts, Sample.Color? Paint)
{
    public required string Must { get; init; }

    internal sealed record Part(string? Label);

    internal enum Color
    {
        LightBlue,
    }
}

internal sealed class SampleValidator : AbstractValidator<Sample>
{
    public SampleValidator()
    {
        RuleFor(sample => sample.Name).MaximumLength(5);
        RuleFor(sample => sample.Inner!.Label).NotEmpty().When(sample => sample.Inner is not null);
        RuleForEach(sample => sample.Parts).ChildRules(part => part.RuleFor(p => p.Label).NotEmpty().WithErrorCode("label_missing"));
    }
}

/// <summary>The conventions alone, over real HTTP, with endpoints that exist to break them. The caller is whoever the header <c>Actor</c> says.</summary>
internal sealed class RestApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private RestApp(WebApplication app, HttpClient http)
    {
        this.app = app;
        Http = http;
    }

    public HttpClient Http { get; }

    /// <summary>How often the endpoint <c>POST /api/sample/counted</c> ran.</summary>
    public int Count;

    /// <summary>Completes before the endpoint <c>POST /api/sample/gated</c> answers.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when that endpoint was reached.</summary>
    public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Models ReadModels { get; } = new();

    public static async Task<RestApp> Start(TestDatabase? database = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRest();
        builder.Services.AddCommand<Sample, SampleValidator>();
        builder.Services.AddSingleton(NpgsqlDataSource.Create(database?.ConnectionString ?? "Host=127.0.0.1;Port=1"));
        RestApp? self = null;
        builder.Services.AddSingleton<IReadModels>(_ => self!.ReadModels);
        var app = builder.Build();
        app.UseRest(authenticate => authenticate.Use((context, next) =>
        {
            if (context.Request.Headers["Actor"].ToString() is { Length: > 0 } actor)
            {
                context.Features.Set(new RequestActor(actor));
            }

            return next(context);
        }));
        var group = app.MapRest("/sample", "Sample");
        group.MapPost("/", (Sample sample) => TypedResults.Ok(new { sample.Name, sample.Paint }));
        group.MapGet("/{number:int}", (int number, int? depth) => TypedResults.Ok(new { number, depth }));
        group.MapGet("/page", (PageRequest page) => page.Cut(Enumerable.Range(0, 250).Select(i => $"k{i:000}"), key => key, key => key));
        group.MapGet("/tag", (IfMatch tag) => TypedResults.Ok(new { tag.Version }));
        group.MapGet("/fault", IResult () => throw new InvalidOperationException("a secret inside"));
        group.MapGet("/unavailable", IResult () => throw new EventStoreUnavailableException("Host=secret"));
        group.MapPost("/counted", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            context.Wrote(Interlocked.Increment(ref self!.Count), 3);
            return TypedResults.Created("/api/sample/1", new { body.Length, self.Count });
        });
        group.MapPost("/gated", async () =>
        {
            self!.Reached.TrySetResult();
            await self.Gate.Task;
            return TypedResults.Ok(new { count = Interlocked.Increment(ref self.Count) });
        });
        group.MapPost("/failing", IResult () =>
        {
            Interlocked.Increment(ref self!.Count);
            throw new InvalidOperationException("after the effect");
        });
        group.MapPost("/refusing", () =>
        {
            Interlocked.Increment(ref self!.Count);
            return Problem.Of(409, "conflict", "No.");
        });
        group.MapPost("/busy", () =>
        {
            Interlocked.Increment(ref self!.Count);
            return Problem.Of(503, "busy", "Not now.");
        });
        group.MapPost("/unavailable", IResult () => throw new EventStoreUnavailableException("Host=secret"));
        group.MapGet("/database/{kind}", async (string kind, NpgsqlDataSource database) =>
        {
            if (kind == "refused")
            {
                throw new PostgresException("a statement error with a secret", "ERROR", "ERROR", PostgresErrorCodes.SyntaxError);
            }

            if (kind == "stopping")
            {
                throw new PostgresException("a secret", "FATAL", "FATAL", PostgresErrorCodes.AdminShutdown);
            }

            await using var connection = await database.OpenConnectionAsync();
            return TypedResults.Ok();
        });
        group.MapPost("/secret", () => TypedResults.Ok(new { value = "shown once", count = Interlocked.Increment(ref self!.Count) })).ShowsSecretOnce();
        group.MapPost("/nothing", () => TypedResults.NoContent());
        self = new RestApp(app, new HttpClient());
        if (database is not null)
        {
            await database.Execute("create schema if not exists toolgate;" + await Migration());
        }

        await app.StartAsync();
        self.Http.BaseAddress = new Uri(app.Urls.Single());
        return self;
    }

    public async Task<(int Status, JsonElement Json, HttpResponseMessage Response)> Send(
        HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement, response);
    }

    public async ValueTask DisposeAsync()
    {
        Gate.TrySetResult();
        Http.Dispose();
        await app.DisposeAsync();
    }

    private static async Task<string> Migration()
    {
        var assembly = typeof(RestModule).Assembly;
        await using var stream = assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(name => name.EndsWith("0001_idempotency.sql", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Read models that are at a position that the test sets.</summary>
    internal sealed class Models : IReadModels
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public event Action<ReadSnapshot>? Published
        {
            add { }
            remove { }
        }

        public long Position { get; set; } = 10;

        public ReadSnapshot Current => new(Position, new Dictionary<Type, object>());

        /// <summary>How often somebody waited.</summary>
        public int Waits { get; private set; }

        public bool CaughtUp => true;

        public Exception? Fault { get; set; }

        public async ValueTask WaitFor(long position, CancellationToken cancellationToken = default)
        {
            Waits++;
            if (position > Position)
            {
                await reached.Task.WaitAsync(cancellationToken);
            }
        }

        public void Reach() => reached.TrySetResult();

        public Task<ReadSnapshot> At(long position, CancellationToken cancellationToken = default) => Task.FromResult(Current);
    }
}
