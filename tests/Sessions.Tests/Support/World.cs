using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions.Tests;

/// <summary>Credentials, views and upstreams as a test arranges them. Several gateways may share one, like nodes of a deployment.</summary>
internal sealed class World : ICredentials, IToolViews, IToolInvoker, IUpstreams, IRuleWriting, IToolkitPolicyWriting
{
    private readonly ConcurrentDictionary<string, Principal> byToken = new();
    private readonly ConcurrentDictionary<(string Slug, string Principal), ToolView> views = new();
    private int upstreamCalls;

    public World()
    {
        Admit("alice-key", new Principal("usr_alice", "Alice", Role.Member, Scopes.All, "key_alice"));
        Admit("alice-other-key", new Principal("usr_alice", "Alice", Role.Member, Scopes.All, "key_alice2"));
        Admit("bob-key", new Principal("usr_bob", "Bob", Role.Member, Scopes.All, "key_bob"));
        Admit("admin-key", new Principal("usr_admin", "Ada", Role.Admin, Scopes.All, "key_admin"));
        Admit("reader-key", new Principal("usr_reader", "Reader", Role.Member, Scopes.Audit, "key_reader"));
        foreach (var slug in new[] { "", "a", "b" })
        {
            foreach (var principal in new[] { "usr_alice", "usr_bob", "usr_admin" })
            {
                Show(slug, principal, Tools.All);
            }
        }
    }

    public event Action? Changed;

    public Principal? Anonymous { get; set; }

    /// <summary>What an upstream does; by default it answers with the arguments it got.</summary>
    public Func<Tool, ReadOnlyMemory<byte>, CancellationToken, Task<ToolOutcome>> Upstream { get; set; } = Tools.Echo;

    /// <summary>What an upstream does that uses its way back to the client; goes before <see cref="Upstream"/>.</summary>
    public Func<CallClient, Tool, CancellationToken, Task<ToolOutcome>>? Talk { get; set; }

    /// <summary>The key of the deployment, shared by its nodes.</summary>
    public TestSeal Seal { get; } = new();

    /// <summary>The clock of its gateways; null for the system's.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Pool keys whose downstream sessions ended.</summary>
    public ConcurrentQueue<string> Released { get; } = new();

    public Func<Tool, ReadOnlyMemory<byte>, IReadOnlyList<ArgumentFault>> Schema { get; set; } = (_, _) => [];

    /// <summary>Runs before a view is found.</summary>
    public Action? Finding { get; set; }

    /// <summary>MCP servers.</summary>
    public Servers Servers { get; } = new();

    public int UpstreamCalls => Volatile.Read(ref upstreamCalls);

    public void Admit(string token, Principal principal) => byToken[token] = principal;

    public void Revoke(string token)
    {
        byToken.TryRemove(token, out _);
        Changed?.Invoke();
    }

    public void Show(string slug, string principal, params ViewTool[] tools)
    {
        views[(slug, principal)] = Tools.View(slug.Length == 0 ? null : slug, slug.Length == 0 ? null : "tk_" + slug, tools);
        Changed?.Invoke();
    }

    public void Show(string slug, string principal, ToolView view)
    {
        views[(slug, principal)] = view;
        Changed?.Invoke();
    }

    public void Hide(string slug, string principal)
    {
        views.TryRemove((slug, principal), out _);
        Changed?.Invoke();
    }

    public Principal? Verify(ReadOnlySpan<char> token) => byToken.GetValueOrDefault(token.ToString());

    public Principal? Find(string credentialId)
        => Anonymous is { } anonymous && anonymous.CredentialId == credentialId ? anonymous : byToken.Values.FirstOrDefault(p => p.CredentialId == credentialId);

    public ToolView? Find(McpResource resource, Principal principal)
    {
        Finding?.Invoke();
        return views.GetValueOrDefault((resource.Slug ?? "", principal.Id));
    }

    public IReadOnlyList<ArgumentFault> Check(Tool tool, ReadOnlyMemory<byte> arguments) => Schema(tool, arguments);

    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref upstreamCalls);
        return Talk is { } talk ? await talk(client, tool, cancellationToken) : await Upstream(tool, arguments, cancellationToken);
    }

    public ValueTask<ToolOutcome> Request(Upstream upstream, string method, ReadOnlyMemory<byte> parameters, CallClient client, CancellationToken cancellationToken)
        => Servers.Request(upstream, method, parameters, client, cancellationToken);

    public IDisposable OnResourceUpdated(Upstream upstream, string poolKey, ReadOnlyMemory<byte> capabilities, string uri, Action<ReadOnlyMemory<byte>> updated)
        => Servers.OnResourceUpdated(upstream, poolKey, capabilities, uri, updated);

    /// <summary>Rules and policies that were written: for whom or which toolkit, and for which pattern.</summary>
    public ConcurrentQueue<(string To, string Pattern, string By)> Written { get; } = new();

    Task<(string? RuleId, Rejection? Refusal)> IRuleWriting.Add(
        Owner owner, string pattern, PolicyAction action, Principal by, EventMetadata metadata, CancellationToken cancellationToken)
    {
        Written.Enqueue((owner.ToString(), pattern, by.Id));
        return Task.FromResult<(string?, Rejection?)>(("pol_1", null));
    }

    public Rejection? Refusal(string toolkitId, Principal by) => by.MayWriteOrg ? null : RuleInput.AdminRequired;

    Task<(string? PolicyId, Rejection? Refusal)> IToolkitPolicyWriting.Add(
        string toolkitId, string pattern, PolicyAction action, Principal by, EventMetadata metadata, CancellationToken cancellationToken)
    {
        Written.Enqueue((toolkitId, pattern, by.Id));
        return Task.FromResult<(string?, Rejection?)>(("tkpol_1", null));
    }

    public void Release(string poolKey) => Released.Enqueue(poolKey);
}

/// <summary>Tools and views made by hand.</summary>
internal static class Tools
{
    public static ViewTool Read { get; } = Make("things.read", changes: false);

    public static ViewTool Write { get; } = Make("things.write", changes: true);

    public static ViewTool Asked { get; } = Make("things.delete", changes: true, PolicyAction.RequireApproval);

    public static ViewTool Routed { get; } = Make("things.routed", changes: false, schema:
        """{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"deep":{"type":"object","properties":{"count":{"type":"integer","x-mcp-header":"Count"}}}}}""");

    public static ViewTool[] All { get; } = [Read, Write, Asked, Routed];

    public static ViewTool Make(string name, bool changes, PolicyAction action = PolicyAction.Approve, string schema = """{"type":"object"}""", string? digest = null)
    {
        var input = Encoding.UTF8.GetBytes(schema);
        var definition = new ToolDefinition
        {
            Name = name,
            Description = "Does " + name,
            AsksByDefault = changes,
            ApprovalText = (changes ? "POST /" : "GET /") + name,
            ChangesSomething = changes,
            InputSchema = input,
            ListingMembers = ToolDefinition.RenderListingMembers(null, "Does " + name, input, default, readOnly: !changes, destructive: changes, idempotent: false),
            Digest = digest ?? name,
            Binding = new NoBinding(),
        };
        var tool = new Tool(definition, "demo", Owner.Org, "main");
        return new ViewTool(tool, new AccessDecision(action, DecisionSource.Default), tool.McpName);
    }

    public static ToolView View(string? slug, string? toolkitId, params ViewTool[] tools)
    {
        var json = new ArrayBufferWriter<byte>();
        var offsets = new List<int>();
        json.Write("["u8);
        for (var i = 0; i < tools.Length; i++)
        {
            json.Write(i == 0 ? default : ","u8);
            offsets.Add(json.WrittenCount);
            tools[i].WriteListing(json);
        }

        json.Write("]"u8);
        return new ToolView
        {
            Resource = new McpResource(slug),
            ToolkitId = toolkitId,
            Name = slug ?? "Toolgate",
            Position = 1,
            Tools = [.. tools],
            ByName = tools.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal),
            ByAddress = tools.ToFrozenDictionary(t => t.Tool.Address, StringComparer.Ordinal),
            ToolsJson = json.WrittenMemory,
            EntryOffsets = [.. offsets],
            Asks = tools.Any(tool => tool.Decision.Action == PolicyAction.RequireApproval),
            ListDigest = Convert.ToHexString(SHA256.HashData(json.WrittenSpan)),
            Instructions = "Tools of " + (slug ?? "everything"),
        };
    }

    public static Task<ToolOutcome> Echo(Tool tool, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
        => Task.FromResult<ToolOutcome>(new ToolOutcome.Answered("""[{"type":"text","text":"done"}]"""u8.ToArray(), arguments.ToArray()) { UpstreamStatus = 200 });

    private sealed class NoBinding : ToolBinding;
}
