using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Toolgate.Access;
using Toolgate.Policies;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Audit;

/// <summary>The filters as they stand in the query string. All text, so that a wrong value is a 422 with its pointer.</summary>
internal sealed partial class EventQueryParameters
{
    [FromQuery(Name = "after"), Description("Only events beyond this position.")]
    public string? After { get; init; }

    [FromQuery(Name = "stream"), Description("Only this stream.")]
    public string? Stream { get; init; }

    [FromQuery(Name = "type"), Description("Only events of this type; repeat it for several.")]
    public string[]? Type { get; init; }

    [FromQuery(Name = "actor"), Description("Only what this principal caused.")]
    public string? Actor { get; init; }

    [FromQuery(Name = "toolkit"), Description("Only events about, or calls through, the toolkit with this id or slug.")]
    public string? Toolkit { get; init; }

    [FromQuery(Name = "address"), Description("Only calls of tools whose address matches this pattern.")]
    public string? Address { get; init; }

    [FromQuery(Name = "outcome"), Description("Only calls that ended so.")]
    public string? Outcome { get; init; }

    [FromQuery(Name = "correlation"), Description("Only events of this trace.")]
    public string? Correlation { get; init; }

    [FromQuery(Name = "from"), Description("Not before this moment, ISO 8601 with an offset.")]
    public string? From { get; init; }

    [FromQuery(Name = "to"), Description("Not after this moment, ISO 8601 with an offset.")]
    public string? To { get; init; }

    [FromServices]
    public required IToolViews Views { get; init; }

    public required HttpContext Context { get; init; }

    /// <summary>The query that they mean.</summary>
    /// <exception cref="RequestException">422, with a pointer to the first that means nothing.</exception>
    public EventQuery Parse()
    {
        var query = new EventQuery
        {
            After = ParsePosition(After),
            Stream = Text("stream", Stream),
            Types = Type is { Length: > 0 } types ? [.. types.Select(type => Word("type", type)!)] : null,
            Actor = Text("actor", Actor),
            Toolkit = ParseToolkit(Text("toolkit", Toolkit)),
            Address = ParseAddress(Address),
            Outcome = Word("outcome", Outcome),
            Correlation = Text("correlation", Correlation),
            From = ParseTime("from", From),
            To = ParseTime("to", To),
        };
        return query.From > query.To ? throw Fault("to", "before_from", "to must not lie before from.") : query;
    }

    /// <summary>A 422 of a query parameter.</summary>
    public static RequestException Fault(string name, string code, string detail) => new(422, "validation", new ProblemError("?" + name, code, detail));

    private static long ParsePosition(string? text)
        => text is null ? 0
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position
            : throw Fault("after", "invalid_position", "after must be a log position: a whole number.");

    private static Pattern? ParseAddress(string? text)
        => text is null ? null : Pattern.TryParse(text, out var pattern, out var fault) ? pattern : throw Fault("address", "invalid_pattern", fault);

    /// <summary>An id as it is; a slug (which holds no underscore) as the id of the toolkit that has it now.</summary>
    private string? ParseToolkit(string? text)
        => text is null || text.StartsWith("tk_", StringComparison.Ordinal) ? text
            : Views.Find(new McpResource(text), Context.Principal())?.ToolkitId
                ?? throw Fault("toolkit", "unknown_toolkit", "There is no toolkit with this slug. One that was deleted is named by its id.");

    private static DateTimeOffset? ParseTime(string name, string? text)
        => text is null ? null
            : Moment().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) ? moment
            : throw Fault(name, "invalid_time", $"{name} must be a time such as 2026-01-31T12:00:00Z.");

    private static string? Text(string name, string? text)
        => text is null || (text.Length is > 0 and <= EventQuery.MaxLength && !text.Any(char.IsControl)) ? text
            : throw Fault(name, "invalid", $"{name} must have 1 to {EventQuery.MaxLength} characters and no control characters.");

    private static string? Word(string name, string? text)
        => text is null || Words().IsMatch(text) ? text : throw Fault(name, "invalid", $"{name} must be a word such as tool_called.");

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,199}\z")]
    private static partial Regex Words();

    // The offset is asked for: without one the same text means another moment on another machine. A '+' that was not encoded arrives as a space.
    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Moment();
}
