using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Audit.Tests;

/// <summary>A server whose log takes the probe events, with an owner, an auditor and a member.</summary>
public sealed class AuditServer : IAsyncLifetime
{
    private ToolgateServer? server;

    public ToolgateServer Server => server ?? throw new InvalidOperationException("Not started.");

    public ApiClient Owner => Server.Api;

    /// <summary>An admin's key that carries nothing but <c>audit</c>.</summary>
    public ApiClient Auditor { get; private set; } = null!;

    /// <summary>A member's key with everything that a member may.</summary>
    public ApiClient Member { get; private set; } = null!;

    public string OwnerId { get; private set; } = "";

    public string AuditorId { get; private set; } = "";

    public string AuditorKey { get; private set; } = "";

    public string AuditorKeyId { get; private set; } = "";

    public IEventStore Log => Server.Services.GetRequiredService<IEventStore>();

    /// <summary>A server apart from the shared one, for tests that break something.</summary>
    public static async Task<AuditServer> Start(Action<IServiceCollection>? services = null)
    {
        var started = new AuditServer();
        await started.Run(services);
        return started;
    }

    public Task InitializeAsync() => Run(null);

    public async Task DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>Appends one event and answers its position.</summary>
    public async Task<long> Append(string stream, object payload, string actor = "probe", string? correlation = null)
        => (await Append(stream, [payload], actor, correlation));

    /// <summary>Appends events of one stream and answers the position of the last.</summary>
    public async Task<long> Append(string stream, IReadOnlyList<object> payloads, string actor = "probe", string? correlation = null)
    {
        var outcome = await Log.Append(new AppendRequest
        {
            StreamId = stream,
            StreamType = "probe",
            Events = payloads,
            Metadata = new EventMetadata(actor, correlation),
        });
        var position = outcome.ShouldBeOfType<AppendOutcome.Appended>().Position;
        await Server.Services.GetRequiredService<IReadModels>().WaitFor(position);
        return position;
    }

    /// <summary>The events of an answer.</summary>
    public static IReadOnlyList<JsonNode> Items(JsonNode page) => [.. page["items"]!.AsArray().Select(item => item!)];

    /// <summary>The positions of an answer, in its order.</summary>
    public static long[] Positions(JsonNode page) => [.. Items(page).Select(Position)];

    public static long Position(JsonNode e) => e["position"]!.GetValue<long>();

    private async Task Run(Action<IServiceCollection>? services)
    {
        server = await ToolgateServer.Start(services: registered =>
        {
            registered.AddEvents(typeof(ProbeCalled), typeof(ProbeMade), typeof(ProbeRenamed), typeof(ProbeConnected), typeof(ProbeOdd));
            services?.Invoke(registered);
        });
        OwnerId = (await Owner.Get("/api/account/me"))["id"]!.GetValue<string>();
        (AuditorId, AuditorKeyId, AuditorKey) = await Account("auditor", "admin", ["audit"]);
        Auditor = Owner.As(AuditorKey);
        Member = Owner.As((await Account("member", "member", ["manage"])).Key);
    }

    private async Task<(string Id, string KeyId, string Key)> Account(string name, string role, string[] scopes)
    {
        var id = (await Owner.Post("/api/members", new { name, role }))["id"]!.GetValue<string>();
        var key = await Owner.Post("/api/account/api-keys", new { name, memberId = id, scopes });
        return (id, key["id"]!.GetValue<string>(), key["value"]!.GetValue<string>());
    }
}
