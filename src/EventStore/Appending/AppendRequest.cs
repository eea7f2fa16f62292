namespace Toolgate.EventStore;

/// <summary>Events for one stream, with everything that must become true in the same transaction.</summary>
public sealed record AppendRequest
{
    /// <summary>The stream to append to. It is created when it does not exist and <see cref="Expected"/> allows it.</summary>
    public required string StreamId { get; init; }

    /// <summary>Kind of the stream (<c>toolkit</c>, <c>connection</c>), stored when the stream is created.</summary>
    public string? StreamType { get; init; }

    /// <summary>The version that the decision was taken at.</summary>
    public ExpectedVersion Expected { get; init; } = ExpectedVersion.Any;

    /// <summary>Payloads in order, at least one, each of a type registered with <see cref="EventTypes"/>.</summary>
    public required IReadOnlyList<object> Events { get; init; }

    /// <summary>Who and why, the same for every event of the request.</summary>
    public EventMetadata Metadata { get; init; } = EventMetadata.None;

    /// <summary>Unique names that must be free (or held by this stream) and become this stream's.</summary>
    public IReadOnlyList<NameClaim> Claims { get; init; } = [];

    /// <summary>Unique names that this stream gives back. Releasing a name that it does not hold does nothing.</summary>
    public IReadOnlyList<NameClaim> Releases { get; init; } = [];

    /// <summary>Writes to side tables that must happen with the events or not at all, for example a sealed secret.</summary>
    public IReadOnlyList<SideWrite> Alongside { get; init; } = [];
}

/// <summary>A name that only one stream may hold, such as a toolkit's slug.</summary>
/// <param name="Scope">The namespace of the name: <c>toolkit-slug</c>.</param>
/// <param name="Name">The name, compared bytewise.</param>
public readonly record struct NameClaim(string Scope, string Name);

/// <summary>
/// A statement on a table in schema <c>toolgate</c>, executed in the transaction of the append. It must not be able to fail on
/// data (use <c>on conflict</c>): a failing statement fails its request.
/// </summary>
/// <param name="Sql">One statement with positional parameters <c>$1</c>…</param>
/// <param name="Parameters">Their values, of types that Npgsql maps without help (text, bytea, bigint, uuid, timestamptz).</param>
public sealed record SideWrite(string Sql, params object[] Parameters);

/// <summary>What a writer believes about a stream.</summary>
public readonly record struct ExpectedVersion
{
    private ExpectedVersion(long value) => Value = value;

    /// <summary>-1 for <see cref="Any"/>, 0 for <see cref="NoStream"/>, else the version.</summary>
    public long Value { get; }

    /// <summary>Append whatever the stream's version is.</summary>
    public static ExpectedVersion Any { get; } = new(-1);

    /// <summary>The stream must not exist yet.</summary>
    public static ExpectedVersion NoStream { get; } = new(0);

    /// <summary>The stream must be at exactly <paramref name="version"/> (0: it must not exist).</summary>
    public static ExpectedVersion At(long version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new(version);
    }
}
