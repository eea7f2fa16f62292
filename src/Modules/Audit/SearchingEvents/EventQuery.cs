using Toolgate.Policies;

namespace Toolgate.Audit;

/// <summary>What to look for in the log. Filters combine with <i>and</i>; null does not restrict.</summary>
internal sealed record EventQuery
{
    /// <summary>Longest value of an indexed column, in characters: as long as a pattern may be.</summary>
    public const int MaxLength = 500;

    /// <summary>Exclusive lower bound of the position, in either order.</summary>
    public long After { get; init; }

    /// <summary>Newest first.</summary>
    public bool Descending { get; init; }

    /// <summary>Exact stream.</summary>
    public string? Stream { get; init; }

    /// <summary>Any of these aliases.</summary>
    public string[]? Types { get; init; }

    /// <summary>Exact identity of who caused it.</summary>
    public string? Actor { get; init; }

    /// <summary>Exact trace.</summary>
    public string? Correlation { get; init; }

    /// <summary>Id of a toolkit.</summary>
    public string? Toolkit { get; init; }

    /// <summary>Pattern over tool addresses.</summary>
    public Pattern? Address { get; init; }

    /// <summary>How a call ended.</summary>
    public string? Outcome { get; init; }

    /// <summary>Not before this moment.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Not after this moment.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Whether a filter looks at what is withheld from those whose row it is not.</summary>
    public bool LooksInside => Stream is not null || Toolkit is not null || Address is not null || Outcome is not null;
}
