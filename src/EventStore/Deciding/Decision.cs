using System.Diagnostics.CodeAnalysis;

namespace Toolgate.EventStore;

/// <summary>What a pure <c>Decide(command, state, now)</c> answers: events to append, nothing to do, or a rejection as a value.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>Append these events.</summary>
    /// <param name="Events">Payloads in order, at least one.</param>
    public sealed record Accepted(params IReadOnlyList<object> Events) : Decision
    {
        /// <summary>Names to claim in the same transaction.</summary>
        public IReadOnlyList<NameClaim> Claims { get; init; } = [];

        /// <summary>Names to give back in the same transaction.</summary>
        public IReadOnlyList<NameClaim> Releases { get; init; } = [];

        /// <summary>Side-table writes of the same transaction.</summary>
        public IReadOnlyList<SideWrite> Alongside { get; init; } = [];
    }

    /// <summary>The state is already as the command wants it; nothing is written.</summary>
    public sealed record Unchanged : Decision;

    /// <summary>The command may not be carried out.</summary>
    /// <param name="Rejection">Why.</param>
    public sealed record Rejected(Rejection Rejection) : Decision;

    /// <summary>Append <paramref name="events"/>.</summary>
    public static Accepted Accept(params IReadOnlyList<object> events) => new(events);

    /// <summary>Nothing to do.</summary>
    public static Unchanged Nothing { get; } = new();

    /// <summary>A rejection decides as itself.</summary>
    public static implicit operator Decision(Rejection rejection) => new Rejected(rejection);
}

/// <summary>Why a command was refused, in terms that survive the journey to a REST problem or a tool error.</summary>
/// <param name="Kind">The class of the refusal; decides the HTTP status.</param>
/// <param name="Code">Stable snake_case slug, such as <c>toolkit_slug_taken</c>.</param>
/// <param name="Detail">A sentence for a person. Never a secret, a path of this machine or a stack.</param>
/// <param name="Pointer">JSON Pointer to the offending member of the request, when one is to blame.</param>
public sealed record Rejection(RejectionKind Kind, string Code, string Detail, string? Pointer = null)
{
    /// <summary>404.</summary>
    public static Rejection NotFound(string code, string detail) => new(RejectionKind.NotFound, code, detail);

    /// <summary>409.</summary>
    public static Rejection Conflict(string code, string detail, string? pointer = null) => new(RejectionKind.Conflict, code, detail, pointer);

    /// <summary>422.</summary>
    public static Rejection Invalid(string code, string detail, string? pointer = null) => new(RejectionKind.Invalid, code, detail, pointer);

    /// <summary>403.</summary>
    public static Rejection Forbidden(string code, string detail) => new(RejectionKind.Forbidden, code, detail);
}

/// <summary>Classes of refusal.</summary>
public enum RejectionKind
{
    /// <summary>What the command names does not exist for this caller (404).</summary>
    NotFound,

    /// <summary>The state does not allow it (409).</summary>
    Conflict,

    /// <summary>Understood, but not acceptable (422).</summary>
    Invalid,

    /// <summary>The caller may not (403).</summary>
    Forbidden,

    /// <summary>The version named by <c>If-Match</c> is not the current one (412).</summary>
    PreconditionFailed,
}

/// <summary>How a stream's state is computed: the state of no events, and one pure step.</summary>
/// <typeparam name="TState">An immutable record.</typeparam>
/// <param name="Initial">The state before the first event.</param>
/// <param name="Evolve">The state after one more event payload; events that it does not know leave the state as it is.</param>
public sealed record Fold<TState>(TState Initial, Func<TState, object, TState> Evolve);

/// <summary>A stream folded to a state, and the version that it was folded at.</summary>
/// <param name="State">The state.</param>
/// <param name="Version">0 when the stream does not exist.</param>
/// <param name="Position">Log position of the last event folded, 0 when there is none.</param>
public readonly record struct Folded<TState>(TState State, long Version, long Position);

/// <summary>How a decision ended.</summary>
/// <typeparam name="TState">The state of the stream.</typeparam>
public abstract record Decided<TState>
{
    private Decided() { }

    /// <summary>Whether it was carried out.</summary>
    /// <param name="done">What came of it.</param>
    /// <param name="rejection">Why not.</param>
    public bool IsDone([NotNullWhen(true)] out Done? done, [NotNullWhen(false)] out Rejection? rejection)
    {
        (done, rejection) = (this as Done, (this as Refused)?.Rejection);
        return done is not null;
    }

    /// <summary>Carried out (or there was nothing to do): the state after it, and where it is in the log.</summary>
    /// <param name="State">State after the events.</param>
    /// <param name="Version">Stream version after the events: the ETag.</param>
    /// <param name="Position">Log position that shows the effect; this node's read models have reached it.</param>
    /// <param name="Changed">False when the decision was <see cref="Decision.Unchanged"/>.</param>
    public sealed record Done(TState State, long Version, long Position, bool Changed) : Decided<TState>;

    /// <summary>Refused; nothing was written.</summary>
    /// <param name="Rejection">Why.</param>
    public sealed record Refused(Rejection Rejection) : Decided<TState>;
}
