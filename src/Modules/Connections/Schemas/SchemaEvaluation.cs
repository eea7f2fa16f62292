using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>
/// One evaluation of one value. With a fault collection it looks at everything; without one it stops at the first fault. Annotations
/// (<see cref="Evaluated"/>) are kept only where a schema asks for them.
/// </summary>
internal sealed partial class SchemaEvaluation
{
    /// <summary>Steps after which an evaluation gives up: far beyond honest schemas, well under a second.</summary>
    private const int Budget = 1_000_000;

    /// <summary>Deepest chain of schemas, references included.</summary>
    private const int MaxSchemaDepth = 400;

    private readonly InstancePath path = new();
    private readonly List<SchemaResource> scope = [];
    private int steps;
    private int schemaDepth;
    private string? abandoned;

    /// <summary>The faults of a value.</summary>
    public IReadOnlyList<ArgumentFault> Run(SchemaNode root, JsonElement value)
    {
        var faults = new SchemaFaults();
        if (Check(root, value, null, faults) && abandoned is null)
        {
            return [];
        }

        if (abandoned is not null)
        {
            return [new ArgumentFault("", abandoned, abandoned == "depth"
                ? $"Values nest at most {CompiledSchema.MaxDepth} levels."
                : "Checking this value against its schema takes too long; send a simpler one.")];
        }

        return faults.All;
    }

    /// <summary>Whether <paramref name="value"/> conforms. Once abandoned, the answer means nothing and the evaluation unwinds.</summary>
    private bool Check(SchemaNode node, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        if (abandoned is not null || ++steps > Budget || schemaDepth >= MaxSchemaDepth || path.Depth > CompiledSchema.MaxDepth)
        {
            abandoned ??= path.Depth > CompiledSchema.MaxDepth ? "depth" : "complexity";
            return false;
        }

        if (node.Always is { } always)
        {
            return always || Fail(faults, "false", "Nothing is allowed here.");
        }

        var pushed = node.Resource is not null && (scope.Count == 0 || !ReferenceEquals(scope[^1], node.Resource));
        if (pushed)
        {
            scope.Add(node.Resource!);
        }

        schemaDepth++;
        var own = node.TracksEvaluation ? new Evaluated() : evaluated;
        var ok = CheckKeywords(node, value, own, faults);
        schemaDepth--;
        if (pushed)
        {
            scope.RemoveAt(scope.Count - 1);
        }

        if (ok && evaluated is not null && !ReferenceEquals(own, evaluated))
        {
            evaluated.Add(own!);
        }

        return ok;
    }

    private bool CheckKeywords(SchemaNode node, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var ok = CheckType(node, value, faults);

        // A value of the wrong kind has one fault, not one a keyword.
        if (!ok)
        {
            return false;
        }

        ok = CheckValue(node, value, faults) && ok;
        if (!ok && faults is null)
        {
            return false;
        }

        ok = value.ValueKind switch
        {
            JsonValueKind.Number => CheckNumber(node, value, faults),
            JsonValueKind.String => CheckString(node, value, faults),
            JsonValueKind.Array => CheckItems(node, value, evaluated, faults),
            JsonValueKind.Object => CheckProperties(node, value, evaluated, faults),
            _ => true,
        } && ok;
        if (!ok && faults is null)
        {
            return false;
        }

        ok = CheckInPlace(node, value, evaluated, faults) && ok;
        if (ok && node.UnevaluatedItems is not null && value.ValueKind == JsonValueKind.Array)
        {
            ok = CheckUnevaluatedItems(node.UnevaluatedItems, value, evaluated!, faults);
        }

        if (ok && node.UnevaluatedProperties is not null && value.ValueKind == JsonValueKind.Object)
        {
            ok = CheckUnevaluatedProperties(node.UnevaluatedProperties, value, evaluated!, faults);
        }

        return ok;
    }

    private bool CheckType(SchemaNode node, JsonElement value, SchemaFaults? faults)
    {
        if (node.Types == JsonTypes.Any)
        {
            return true;
        }

        var ok = value.ValueKind switch
        {
            JsonValueKind.Null => node.Types.HasFlag(JsonTypes.Null),
            JsonValueKind.True or JsonValueKind.False => node.Types.HasFlag(JsonTypes.Boolean),
            JsonValueKind.String => node.Types.HasFlag(JsonTypes.String),
            JsonValueKind.Array => node.Types.HasFlag(JsonTypes.Array),
            JsonValueKind.Object => node.Types.HasFlag(JsonTypes.Object),
            _ => node.Types.HasFlag(JsonTypes.Number) || (node.Types.HasFlag(JsonTypes.Integer) && ExactNumber.Read(value) is { IsInteger: true }),
        };
        return ok || Fail(faults, "type", $"This must be {SchemaFaults.Types(node.Types)}, not {SchemaFaults.KindOf(value)}{(value.ValueKind == JsonValueKind.Number && node.Types.HasFlag(JsonTypes.Integer) ? " with a fraction" : "")}.");
    }

    private bool CheckValue(SchemaNode node, JsonElement value, SchemaFaults? faults)
    {
        var ok = true;
        if (node.Enum is { } allowed && !Array.Exists(allowed, item => JsonElement.DeepEquals(item, value)))
        {
            ok = Fail(faults, "enum", $"This must be {SchemaFaults.Or(allowed.Select(item => item.GetRawText()))}.");
        }

        if (node.Const is { } only && !JsonElement.DeepEquals(only, value))
        {
            ok = Fail(faults, "const", $"This must be {SchemaFaults.Or([only.GetRawText()])}.");
        }

        return ok;
    }

    private bool CheckNumber(SchemaNode node, JsonElement value, SchemaFaults? faults)
    {
        if ((node.Minimum ?? node.Maximum ?? node.ExclusiveMinimum ?? node.ExclusiveMaximum ?? node.MultipleOf) is null)
        {
            return true;
        }

        if (ExactNumber.Read(value) is not { } number)
        {
            return Fail(faults, "type", $"A number has at most {ExactNumber.MaxDigits} digits.");
        }

        var ok = true;
        ok = (node.Minimum is not { } minimum || number.CompareTo(minimum) >= 0 || Fail(faults, "minimum", $"This must be at least {minimum}.")) && ok;
        ok = (node.Maximum is not { } maximum || number.CompareTo(maximum) <= 0 || Fail(faults, "maximum", $"This must be at most {maximum}.")) && ok;
        ok = (node.ExclusiveMinimum is not { } above || number.CompareTo(above) > 0 || Fail(faults, "exclusiveMinimum", $"This must be greater than {above}.")) && ok;
        ok = (node.ExclusiveMaximum is not { } below || number.CompareTo(below) < 0 || Fail(faults, "exclusiveMaximum", $"This must be less than {below}.")) && ok;
        return (node.MultipleOf is not { } unit || number.IsMultipleOf(unit) || Fail(faults, "multipleOf", $"This must be a multiple of {unit}.")) && ok;
    }

    private bool CheckString(SchemaNode node, JsonElement value, SchemaFaults? faults)
    {
        if (node.MinLength is null && node.MaxLength is null && node.Pattern is null)
        {
            return true;
        }

        var text = value.GetString()!;
        var ok = true;
        if (node.MinLength is not null || node.MaxLength is not null)
        {
            var length = Length(text);
            ok = (node.MinLength is not { } least || length >= least || Fail(faults, "minLength", $"This must have at least {Characters(least)}.")) && ok;
            ok = (node.MaxLength is not { } most || length <= most || Fail(faults, "maxLength", $"This must have at most {Characters(most)}.")) && ok;
        }

        return (node.Pattern is null || Matches(node.Pattern, text)
            || Fail(faults, "pattern", $"This must match the pattern {(node.PatternText.Length <= 200 ? node.PatternText : node.PatternText[..200] + "…")}")) && ok;
    }

    /// <summary>Length in code points, as JSON Schema counts.</summary>
    private static int Length(string text)
    {
        var length = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
            {
                length--;
            }
        }

        return length;
    }

    private static string Characters(int count) => count == 1 ? "1 character" : $"{count} characters";

    private bool Matches(Regex pattern, string text)
    {
        try
        {
            steps += text.Length / 64;
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            abandoned = "complexity";
            return false;
        }
    }

    private bool Fail(SchemaFaults? faults, string keyword, string message)
    {
        faults?.Add(path.ToString(), keyword, message);
        return false;
    }
}
