namespace Toolgate.EventStore;

/// <summary>Who caused an event and in which context. None of it is part of the payload.</summary>
/// <param name="Actor">Identity that caused it (a principal's id, or <c>system</c>); stored in <c>user_name</c>.</param>
/// <param name="CorrelationId">The trace it belongs to; when null the trace id of <see cref="System.Diagnostics.Activity.Current"/> is stored.</param>
/// <param name="CausationId">The message or event that led to it.</param>
/// <param name="Headers">Small facts for which the payload is the wrong place; never a secret.</param>
public sealed record EventMetadata(
    string? Actor = null, string? CorrelationId = null, string? CausationId = null, IReadOnlyDictionary<string, string>? Headers = null)
{
    /// <summary>No actor known; the correlation is taken from the current trace.</summary>
    public static EventMetadata None { get; } = new();

    /// <summary>The metadata of work that Toolgate does by itself.</summary>
    public static EventMetadata System { get; } = new("system");

    /// <summary>The metadata of an act of <paramref name="actor"/>.</summary>
    public static EventMetadata By(string actor) => new(actor);
}
