using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>
/// The cache of compiled views, one for each (resource, effective subject). The effective subject is nobody where the answer is the same for all: in a
/// shared toolkit, and at the default resource for principals without personal connections and rules. Where a shared toolkit has its callers bring their own
/// connections, those without any share one view.
/// </summary>
internal sealed partial class ToolViews(
    IReadModels models, ICatalog catalog, IPolicies policies, ViewCompiler compiler, TimeProvider time, ILogger<ToolViews> logger) : IToolViews
{
    /// <summary>A view that nobody has asked for in this long is compiled when somebody does.</summary>
    private static readonly TimeSpan InUse = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<ViewKey, CachedView> views = new();
    private readonly ConditionalWeakTable<ToolkitRow, ConcurrentDictionary<string, (ViewInputs Inputs, int Count)>> counts = [];
    private readonly Lock trimming = new();

    /// <inheritdoc/>
    public event Action? Changed;

    /// <summary>Most cached views; the least recently used go first.</summary>
    public int MostViews { get; init; } = 1_000;

    /// <summary>Most bytes of rendered lists that the cache holds, whatever their number; one view may be larger than that.</summary>
    public long MostBytes { get; init; } = 256 << 20;

    /// <summary>Views cached now.</summary>
    public int Cached => views.Count;

    /// <inheritdoc/>
    public ToolView? Find(McpResource resource, Principal principal)
    {
        var snapshot = models.Current;
        ViewKey key;
        if (resource.Slug is { } slug)
        {
            if (snapshot.Get<ToolkitBook>().FindSlug(slug, principal) is not { } row)
            {
                return null;
            }

            key = new ViewKey(row.Id, row.BringYourOwn.IsEmpty ? "" : SubjectOf(snapshot, principal));
        }
        else
        {
            var tools = catalog.At(snapshot);
            var shared = tools.Of(principal.Id).IsEmpty && tools.OffersOf(principal.Id).IsEmpty && policies.At(snapshot, principal.Id).User.IsEmpty;
            key = new ViewKey(null, shared ? "" : principal.Id);
        }

        var cached = views.GetOrAdd(key, static _ => new CachedView());
        cached.LastUsed = time.GetTimestamp();
        var (view, compiled) = cached.Get(Inputs(snapshot, key)!, snapshot.Position, compiler);
        if (compiled)
        {
            Trim();
        }

        return view;
    }

    /// <inheritdoc/>
    public ToolView? FindToolkit(string slugOrId, Principal principal)
        => Find(new McpResource(models.Current.Get<ToolkitBook>().Find(slugOrId, principal)?.Slug ?? slugOrId), principal);

    /// <summary>How many tools a toolkit lists for a principal, without rendering a view that nobody asked for.</summary>
    public int CountTools(ToolkitRow row, ReadSnapshot snapshot, Principal principal)
    {
        var subject = row.BringYourOwn.IsEmpty ? "" : SubjectOf(snapshot, principal);
        var inputs = Inputs(snapshot, row, subject);
        var each = counts.GetValue(row, static _ => new(StringComparer.Ordinal));
        if (each.TryGetValue(subject, out var known) && known.Inputs == inputs)
        {
            return known.Count;
        }

        var count = ViewCompiler.Count(inputs);
        each[subject] = (inputs, count);
        return count;
    }

    /// <summary>What a toolkit's view for a principal is compiled from at any snapshot.</summary>
    public ViewInputs Inputs(ReadSnapshot snapshot, ToolkitRow row, Principal principal)
        => Inputs(snapshot, row, row.BringYourOwn.IsEmpty ? "" : SubjectOf(snapshot, principal));

    /// <summary>The same for a subject: an account's id, empty for accounts without connections of their own, <see cref="ViewKey.Nobody"/>.</summary>
    public ViewInputs Inputs(ReadSnapshot snapshot, ToolkitRow row, string subject)
        => ViewInputs.Of(row, catalog.At(snapshot), catalog.Builtin, policies.At(snapshot, row.Owner.Subject ?? ""), subject);

    /// <summary>What a principal's default view is compiled from at any snapshot.</summary>
    public ViewInputs DefaultInputs(ReadSnapshot snapshot, string subject)
        => ViewInputs.Default(catalog.At(snapshot), policies.At(snapshot, subject), subject);

    /// <summary>
    /// Compiles anew every view in use whose inputs changed, off the request path, and drops those of toolkits that are gone. Called by the refresher
    /// after a snapshot was published.
    /// </summary>
    public void Refresh()
    {
        var snapshot = models.Current;
        var idle = time.GetTimestamp() - (long)(InUse.TotalSeconds * time.TimestampFrequency);
        foreach (var (key, cached) in views)
        {
            if (Inputs(snapshot, key) is not { } inputs)
            {
                views.TryRemove(key, out _);
            }
            else if (cached.LastUsed >= idle)
            {
                try
                {
                    cached.Get(inputs, snapshot.Position, compiler);
                }
                catch (Exception exception)
                {
                    // One view that cannot be compiled must not keep the others old; whoever asks for it gets the exception.
                    Log.Failed(logger, exception, key.ToolkitId ?? "default");
                }
            }
        }
    }

    /// <summary>A mark that differs between two snapshots exactly when some view may.</summary>
    public (object Catalog, object Policies, object Toolkits) StampAt(ReadSnapshot snapshot)
        => (catalog.At(snapshot), policies.StampAt(snapshot), snapshot.Get<ToolkitBook>());

    /// <summary>Tells sessions to look at their views again.</summary>
    public void RaiseChanged() => Changed?.Invoke();

    private ViewInputs? Inputs(ReadSnapshot snapshot, ViewKey key)
    {
        if (key.ToolkitId is null)
        {
            return DefaultInputs(snapshot, key.Subject);
        }

        // Views of single callers are gone with the declaration that made them.
        return snapshot.Get<ToolkitBook>().ById.TryGetValue(key.ToolkitId, out var row) && (key.Subject.Length == 0 || !row.BringYourOwn.IsEmpty)
            ? Inputs(snapshot, row, key.Subject)
            : null;
    }

    /// <summary>Whose connections a shared toolkit shows to a principal. Whoever has none is like all others who have none.</summary>
    private string SubjectOf(ReadSnapshot snapshot, Principal principal)
        => principal.Kind == CredentialKind.Anonymous ? ViewKey.Nobody : catalog.At(snapshot).ConnectedBy(principal.Id).Count == 0 ? "" : principal.Id;

    private void Trim()
    {
        lock (trimming)
        {
            var bytes = views.Values.Sum(cached => cached.Bytes);
            if (views.Count <= MostViews && bytes <= MostBytes)
            {
                return;
            }

            var oldestFirst = views.OrderBy(pair => pair.Value.LastUsed).ToList();
            foreach (var (key, cached) in oldestFirst.Take(oldestFirst.Count - 1).TakeWhile(_ => views.Count > MostViews || bytes > MostBytes))
            {
                if (views.TryRemove(key, out _))
                {
                    bytes -= cached.Bytes;
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The view of {Toolkit} could not be compiled")]
        public static partial void Failed(ILogger logger, Exception exception, string toolkit);
    }
}

/// <summary>A view's place in the cache.</summary>
/// <param name="ToolkitId">The toolkit; null for the default resource. A personal toolkit has one subject, its owner, so it needs none here.</param>
/// <param name="Subject">
/// Whose view, at the default resource and in toolkits whose callers bring their own; empty for the one that principals without personal connections and rules
/// share.
/// </param>
internal readonly record struct ViewKey(string? ToolkitId, string Subject)
{
    /// <summary>The subject that stands for callers without an account: they have no connections and can make none.</summary>
    public const string Nobody = "nobody";
}

/// <summary>One cached view; compiled by one caller at a time, while others wait for that result.</summary>
internal sealed class CachedView
{
    private readonly Lock compiling = new();
    private volatile Compiled? current;
    private long lastUsed;

    /// <summary>Timestamp of the last request.</summary>
    public long LastUsed
    {
        get => Interlocked.Read(ref lastUsed);
        set => Interlocked.Exchange(ref lastUsed, value);
    }

    /// <summary>Bytes of its rendered lists.</summary>
    public long Bytes => current?.View is { } view
        ? (long)view.ToolsJson.Length + view.Offers.ResourcesJson.Length + view.Offers.TemplatesJson.Length + view.Offers.PromptsJson.Length
        : 0;

    /// <summary>The view of these inputs, or of newer ones when another caller was ahead.</summary>
    public (ToolView View, bool Compiled) Get(ViewInputs inputs, long position, ViewCompiler compiler)
    {
        if (current is { } found && found.Inputs == inputs)
        {
            return (found.View, false);
        }

        lock (compiling)
        {
            if (current is { } other && (other.Inputs == inputs || other.View.Position > position))
            {
                return (other.View, false);
            }

            var view = compiler.Compile(inputs, position);
            current = new Compiled(inputs, view);
            return (view, true);
        }
    }

    private sealed record Compiled(ViewInputs Inputs, ToolView View);
}
