using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Secrets.References;

/// <summary>The whole host with every source of secrets configured, an upstream that takes one key, and a clock that can be put forward.</summary>
public sealed class ReferenceServer : IAsyncLifetime
{
    public const string Variable = "TGTEST_UPSTREAM_KEY";
    private static readonly object[] KeyTemplate = [new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } }];
    private static int names;

    internal ToolgateServer Server { get; private set; } = null!;

    internal Upstream Upstream { get; private set; } = null!;

    internal VaultServer Vault { get; private set; } = null!;

    internal TestFolder Folder { get; } = new();

    internal AheadClock Clock { get; } = new();

    /// <summary>The folder of secrets, below <see cref="Folder"/>.</summary>
    internal string Files => Folder["secrets"];

    internal ApiClient Api => Server.Api;

    /// <summary>The key that the upstream takes; null for any.</summary>
    internal string? GoodKey { get; set; }

    public async Task InitializeAsync()
    {
        Vault = await VaultServer.Start();
        Upstream = await Upstream.Start(context =>
        {
            if (GoodKey is { } key && context.Request.Headers["X-Key"] != key)
            {
                context.Response.StatusCode = 401;
                return Task.CompletedTask;
            }

            return ConnectionsServer.Default(context);
        });
        Directory.CreateDirectory(Files);
        Server = await ToolgateServer.Start(
            new Dictionary<string, string>(ConnectionsServer.Settings)
            {
                ["Toolgate:Secrets:Environment:0"] = Variable,
                ["Toolgate:Secrets:Environment:1"] = "TGTEST_MANY_*",
                ["Toolgate:Secrets:Environment:2"] = "T*",
                ["Toolgate:Secrets:Files"] = Files,
                ["Toolgate:Secrets:Vault:Address"] = Vault.Url,
                ["Toolgate:Secrets:Vault:Token"] = VaultServer.Token,
                ["Toolgate:Secrets:Vault:Namespace"] = VaultServer.Namespace,
                ["Toolgate:Secrets:Vault:Mount"] = "kv",
                ["Toolgate:Secrets:Vault:Paths:0"] = "apps/*",
                ["Toolgate:Secrets:Vault:Paths:1"] = "exact/one",
            },
            services => services.AddSingleton<TimeProvider>(Clock));
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await Upstream.DisposeAsync();
        await Vault.DisposeAsync();
        Folder.Dispose();
    }

    /// <summary>A new integration with a key in a header.</summary>
    internal async Task<string> Import()
    {
        var slug = $"kept-{Interlocked.Increment(ref names)}";
        await Api.Post("/api/integrations/openapi", new { slug, spec = new { document = Documents.Tracker(Upstream.Url) }, authTemplates = KeyTemplate }, 201);
        return slug;
    }

    /// <summary>A connection of the workspace whose key is kept somewhere; the address of a tool of it.</summary>
    internal async Task<string> Connect(object place)
    {
        var slug = await Import();
        await Api.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "key", values = new { token = place } }, 201);
        return $"{slug}.org.main.issues.listIssues";
    }

    internal async Task<ToolOutcome> Call(string address)
    {
        var snapshot = Server.Services.GetRequiredService<IReadModels>().Current;
        var tool = Server.Services.GetRequiredService<ICatalog>().At(snapshot).Org.Single(tool => tool.Address == address);
        return await Server.Services.GetRequiredService<IToolInvoker>().Invoke(
            tool, Encoding.UTF8.GetBytes("{}"), CallClient.Silent(new Principal("usr_test", "Test", Role.Owner, Scopes.All, "key_test")), default);
    }

    /// <summary>The key that the upstream got last.</summary>
    internal string Sent() => Upstream.Requests.Last().Headers["X-Key"];
}

/// <summary>The clock of the machine, put forward.</summary>
internal sealed class AheadClock : TimeProvider
{
    private long ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + new TimeSpan(Interlocked.Read(ref ahead));

    public void Forward(TimeSpan time) => Interlocked.Add(ref ahead, time.Ticks);
}
