using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

/// <summary>The inputs of views, set by hand: every change publishes a snapshot, as the engine does.</summary>
internal sealed class World : IReadModels, ICatalog, IPolicies
{
    private readonly SortedDictionary<long, ReadSnapshot> history = [];

    public World()
    {
        Publish(ToolCatalog.Empty, new Rules([], [], ImmutableDictionary<string, ImmutableArray<PolicyRule>>.Empty), ToolkitBook.Empty);
        Views = new ToolViews(this, this, this, new ViewCompiler(NullLogger<ViewCompiler>.Instance), TimeProvider.System, NullLogger<ToolViews>.Instance);
    }

    /// <summary>The builtin tools; a test sets them.</summary>
    public ImmutableArray<Tool> Builtin { get; set; } = [];

    public ToolViews Views { get; init; }

    public ReadSnapshot Current { get; private set; } = null!;

    public event Action<ReadSnapshot>? Published;

    public bool CaughtUp => true;

    public Exception? Fault => null;

    public IReadOnlyDictionary<long, ReadSnapshot> History => history;

    public static Principal User(string id, Role role = Role.Member) => new(id, id, role, Scopes.All, "key_" + id);

    public ValueTask WaitFor(long position, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>How often the past was asked for.</summary>
    public int Folds { get; private set; }

    /// <summary>What a fold of the past waits for.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public async Task<ReadSnapshot> At(long position, CancellationToken cancellationToken = default)
    {
        Folds++;
        await Hold;
        return history[position];
    }

    public void Publish(ToolCatalog? catalog = null, Rules? rules = null, ToolkitBook? book = null)
    {
        var position = history.Count;
        Current = new ReadSnapshot(position, new Dictionary<Type, object>
        {
            [typeof(ToolCatalog)] = catalog ?? Current.Get<ToolCatalog>(),
            [typeof(Rules)] = rules ?? Current.Get<Rules>(),
            [typeof(ToolkitBook)] = book ?? Current.Get<ToolkitBook>(),
        });
        history[position] = Current;
        Published?.Invoke(Current);
    }

    ToolCatalog ICatalog.At(ReadSnapshot snapshot) => snapshot.Get<ToolCatalog>();

    ImmutableArray<IntegrationSummary> ICatalog.IntegrationsAt(ReadSnapshot snapshot) => [];

    ActivePolicies IPolicies.At(ReadSnapshot snapshot, string principalId)
    {
        var rules = snapshot.Get<Rules>();
        return new ActivePolicies(rules.Enforced, rules.Org, rules.Users.GetValueOrDefault(principalId, []));
    }

    object IPolicies.StampAt(ReadSnapshot snapshot) => snapshot.Get<Rules>();

    public static Tool Tool(string integration, Owner owner, string connection, string name, bool asks = false)
        => new(Definition(name, """{"type":"object"}""", asks: asks), integration, owner, connection);

    public static ToolDefinition Definition(string name, string schema, string? description = null, bool asks = false, string? upstreamName = null)
    {
        var input = Encoding.UTF8.GetBytes(schema);
        description ??= "Does " + name + ".";
        return new ToolDefinition
        {
            Name = name,
            Description = description,
            AsksByDefault = asks,
            ApprovalText = name,
            ChangesSomething = asks,
            InputSchema = input,
            ListingMembers = ToolDefinition.RenderListingMembers(null, description, input, default, !asks, asks, false),
            UpstreamName = upstreamName,
            Digest = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(name)),
            Binding = new NoBinding(),
        };
    }

    public static ToolCatalog Catalog(params IEnumerable<Tool> tools)
    {
        var sorted = tools.OrderBy(tool => tool.Address, StringComparer.Ordinal).ToList();
        return new ToolCatalog(
            [.. sorted.Where(tool => tool.Owner.IsOrg)],
            sorted.Where(tool => !tool.Owner.IsOrg).GroupBy(tool => tool.Owner.Subject!).Select(group => KeyValuePair.Create(group.Key, group.ToImmutableArray())));
    }

    public static ToolkitRow Toolkit(string id, string slug, Owner owner, IEnumerable<string> grants, IEnumerable<PolicyRule>? policies = null,
        ToolSurface surface = ToolSurface.Direct, ToolNaming names = ToolNaming.Address, IEnumerable<ToolOverride>? overrides = null, params string[] bringYourOwn) => new()
    {
        Id = id,
        Owner = owner,
        Slug = slug,
        Name = slug,
        Grants = [.. grants.Select((pattern, i) => new GrantRow(new Grant("tkconn_" + i, Pattern.Parse(pattern), "a" + i), default))],
        Policies = [.. (policies ?? []).Select(rule => new ToolkitPolicyRow(rule, default, default))],
        CreatedAt = default,
        UpdatedAt = default,
        Version = 1,
        Surface = surface,
        Names = names,
        Overrides = OverrideRow.None.AddRange((overrides ?? []).Select(said => KeyValuePair.Create(said.Address, new OverrideRow(said, default)))),
        BringYourOwn = ToolkitState.NoIntegrations.Union(bringYourOwn),
    };

    /// <summary>The rules of all owners.</summary>
    internal sealed record Rules(
        ImmutableArray<PolicyRule> Enforced, ImmutableArray<PolicyRule> Org, ImmutableDictionary<string, ImmutableArray<PolicyRule>> Users);

    private sealed class NoBinding : ToolBinding;
}
