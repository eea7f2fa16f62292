using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Keywords of arrays and objects.</summary>
internal sealed partial class SchemaEvaluation
{
    private bool CheckItems(SchemaNode node, JsonElement array, Evaluated? evaluated, SchemaFaults? faults)
    {
        var count = array.GetArrayLength();
        var ok = node.MinItems is not { } least || count >= least || Fail(faults, "minItems", $"This must have at least {Items(least)}.");
        ok = (node.MaxItems is not { } most || count <= most || Fail(faults, "maxItems", $"This must have at most {Items(most)}.")) && ok;
        ok = (!node.UniqueItems || AreUnique(array) || Fail(faults, "uniqueItems", "The items must differ from each other.")) && ok;
        if (!ok && faults is null)
        {
            return false;
        }

        var index = 0;
        var containing = 0;
        foreach (var item in array.EnumerateArray())
        {
            path.Push(index);
            var schema = index < (node.PrefixItems?.Length ?? 0) ? node.PrefixItems![index] : node.Items;
            if (schema is not null)
            {
                ok = Check(schema, item, null, faults) && ok;
                evaluated?.Add(index);
            }

            if (node.Contains is not null && Check(node.Contains, item, null, null))
            {
                containing++;
                evaluated?.Add(index);
            }

            path.Pop();
            index++;
            if (abandoned is not null || (!ok && faults is null))
            {
                return false;
            }
        }

        if (node.Contains is null)
        {
            return ok;
        }

        var atLeast = node.MinContains ?? 1;
        ok = (containing >= atLeast || Fail(faults, node.MinContains is null ? "contains" : "minContains", $"At least {Items(atLeast)} must be as the schema describes under contains.")) && ok;
        return (node.MaxContains is not { } atMost || containing <= atMost || Fail(faults, "maxContains", $"At most {Items(atMost)} may be as the schema describes under contains.")) && ok;
    }

    private bool CheckProperties(SchemaNode node, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var ok = true;
        if (node.Required is { } required)
        {
            foreach (var name in required)
            {
                ok = (value.TryGetProperty(name, out _) || FailAt(name, faults, "required", $"{Short(name)} is required.")) && ok;
            }
        }

        if (node.MinProperties is not null || node.MaxProperties is not null)
        {
            var count = value.GetPropertyCount();
            ok = (node.MinProperties is not { } least || count >= least || Fail(faults, "minProperties", $"This must have at least {Properties(least)}.")) && ok;
            ok = (node.MaxProperties is not { } most || count <= most || Fail(faults, "maxProperties", $"This must have at most {Properties(most)}.")) && ok;
        }

        ok = CheckDependents(node, value, evaluated, faults) && ok;
        if (!ok && faults is null)
        {
            return false;
        }

        if (node.Properties is null && node.PatternProperties is null && node.AdditionalProperties is null && node.PropertyNames is null)
        {
            return ok;
        }

        foreach (var member in value.EnumerateObject())
        {
            path.Push(member.Name);
            ok = CheckMember(node, member, evaluated, faults) && ok;
            path.Pop();
            if (abandoned is not null || (!ok && faults is null))
            {
                return false;
            }
        }

        return ok;
    }

    private bool CheckMember(SchemaNode node, JsonProperty member, Evaluated? evaluated, SchemaFaults? faults)
    {
        var name = member.Name;
        var ok = node.PropertyNames is null || Check(node.PropertyNames, Quoted(name), null, null) || Fail(faults, "propertyNames", "This name is not allowed here.");
        var matched = false;
        if (node.Properties is not null && node.Properties.TryGetValue(name, out var schema))
        {
            matched = true;
            ok = Check(schema, member.Value, null, faults) && ok;
        }

        foreach (var (pattern, patterned) in node.PatternProperties ?? [])
        {
            if (Matches(pattern, name))
            {
                matched = true;
                ok = Check(patterned, member.Value, null, faults) && ok;
            }
        }

        // With a pattern that cannot be checked, this may well be one of its properties.
        if (!matched && node.AdditionalProperties is { } additional && !node.HasUncheckedPatternProperties)
        {
            matched = true;
            ok = (additional.Always != false
                ? Check(additional, member.Value, null, faults)
                : Fail(faults, "additionalProperties", $"There is no such property; known are {Known(node)}.")) && ok;
        }

        if (matched)
        {
            evaluated?.Add(name);
        }

        return ok;
    }

    private bool CheckDependents(SchemaNode node, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var ok = true;
        foreach (var (name, others) in node.DependentRequired ?? [])
        {
            if (value.TryGetProperty(name, out _))
            {
                foreach (var other in others)
                {
                    ok = (value.TryGetProperty(other, out _)
                        || FailAt(other, faults, "dependentRequired", $"{Short(other)} is required together with {Short(name)}.")) && ok;
                }
            }
        }

        foreach (var (name, schema) in node.DependentSchemas ?? [])
        {
            ok = (!value.TryGetProperty(name, out _) || Check(schema, value, evaluated, faults)) && ok;
        }

        return ok;
    }

    private bool CheckUnevaluatedItems(SchemaNode schema, JsonElement array, Evaluated evaluated, SchemaFaults? faults)
    {
        var ok = true;
        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            if (!evaluated.Has(index))
            {
                path.Push(index);
                ok = (schema.Always != false ? Check(schema, item, null, faults) : Fail(faults, "unevaluatedItems", "There must be no such item.")) && ok;
                path.Pop();
                evaluated.Add(index);
            }

            index++;
        }

        return ok;
    }

    private bool CheckUnevaluatedProperties(SchemaNode schema, JsonElement value, Evaluated evaluated, SchemaFaults? faults)
    {
        var ok = true;
        foreach (var member in value.EnumerateObject())
        {
            if (!evaluated.Has(member.Name))
            {
                path.Push(member.Name);
                ok = (schema.Always != false ? Check(schema, member.Value, null, faults) : Fail(faults, "unevaluatedProperties", "There is no such property.")) && ok;
                path.Pop();
                evaluated.Add(member.Name);
            }
        }

        return ok;
    }

    /// <summary>Equal hashes first, then equality: linear for honest arrays, and bounded by the budget for others.</summary>
    private bool AreUnique(JsonElement array)
    {
        var seen = new Dictionary<int, List<JsonElement>>();
        foreach (var item in array.EnumerateArray())
        {
            var hash = Hash(item);
            if (!seen.TryGetValue(hash, out var same))
            {
                seen[hash] = same = [];
            }

            foreach (var other in same)
            {
                if (++steps > Budget)
                {
                    abandoned = "complexity";
                    return false;
                }

                if (JsonElement.DeepEquals(other, item))
                {
                    return false;
                }
            }

            same.Add(item);
        }

        return true;
    }

    private int Hash(JsonElement value)
    {
        steps++;
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return string.GetHashCode(value.GetString(), StringComparison.Ordinal);
            case JsonValueKind.Number:
                return ExactNumber.Read(value)?.GetHashCode() ?? 0;
            case JsonValueKind.Array:
                var ordered = default(HashCode);
                foreach (var item in value.EnumerateArray())
                {
                    ordered.Add(Hash(item));
                }

                return ordered.ToHashCode();
            case JsonValueKind.Object:
                // Members have no order: their hashes are added up.
                var sum = 17;
                foreach (var member in value.EnumerateObject())
                {
                    sum = unchecked(sum + HashCode.Combine(string.GetHashCode(member.Name, StringComparison.Ordinal), Hash(member.Value)));
                }

                return sum;
            default:
                return (int)value.ValueKind;
        }
    }

    private bool FailAt(string name, SchemaFaults? faults, string keyword, string message)
    {
        path.Push(name);
        Fail(faults, keyword, message);
        path.Pop();
        return false;
    }

    private static JsonElement Quoted(string name) => JsonSerializer.SerializeToElement(name);

    private static string Known(SchemaNode node) => node.Properties is { Count: > 0 } properties
        ? SchemaFaults.Or(properties.Keys).Replace(" or ", " and ", StringComparison.Ordinal)
        : "none";

    private static string Short(string name) => name.Length <= 100 ? name : name[..100] + "…";

    private static string Items(int count) => count == 1 ? "1 item" : $"{count} items";

    private static string Properties(int count) => count == 1 ? "1 property" : $"{count} properties";
}
