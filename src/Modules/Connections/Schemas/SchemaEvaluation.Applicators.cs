using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Keywords that apply other schemas to the same value.</summary>
internal sealed partial class SchemaEvaluation
{
    private bool CheckInPlace(SchemaNode node, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var ok = node.Ref is null || Check(node.Ref, value, evaluated, faults);
        if (node.DynamicRef is not null)
        {
            ok = Check(Dynamic(node), value, evaluated, faults) && ok;
        }

        foreach (var branch in node.AllOf ?? [])
        {
            if (!ok && faults is null)
            {
                return false;
            }

            ok = Check(branch, value, evaluated, faults) && ok;
        }

        if (!ok && faults is null)
        {
            return false;
        }

        ok = (node.AnyOf is null || CheckAnyOf(node.AnyOf, value, evaluated, faults)) && ok;
        ok = (node.OneOf is null || CheckOneOf(node.OneOf, value, evaluated, faults)) && ok;
        ok = (node.Not is null || !Check(node.Not, value, null, null) || Fail(faults, "not", "This is a value that is excluded here.")) && ok;
        return (node.If is null || CheckCondition(node, value, evaluated, faults)) && ok;
    }

    /// <summary>The outermost schema of the dynamic scope that carries the anchor (core section 8.2.3.2).</summary>
    private SchemaNode Dynamic(SchemaNode node)
    {
        if (node.DynamicAnchor is { } anchor)
        {
            foreach (var resource in scope)
            {
                if (resource.DynamicAnchors.TryGetValue(anchor, out var found) && found is not null)
                {
                    return found;
                }
            }
        }

        return node.DynamicRef!;
    }

    private bool CheckAnyOf(SchemaNode[] branches, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var ok = false;
        foreach (var branch in branches)
        {
            var own = evaluated is null ? null : new Evaluated();
            if (Check(branch, value, own, null))
            {
                ok = true;
                if (evaluated is null)
                {
                    return true;
                }

                evaluated.Add(own!);
            }
        }

        return ok || FailBranches("anyOf", "This matches none of the alternatives.", branches, value, faults);
    }

    private bool CheckOneOf(SchemaNode[] branches, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var matching = 0;
        Evaluated? found = null;
        foreach (var branch in branches)
        {
            var own = evaluated is null ? null : new Evaluated();
            if (Check(branch, value, own, null))
            {
                matching++;
                found = own;
            }
        }

        if (matching == 1)
        {
            evaluated?.Add(found!);
            return true;
        }

        return matching > 1
            ? Fail(faults, "oneOf", $"This matches {matching} of the alternatives and must match exactly one.")
            : FailBranches("oneOf", "This matches none of the alternatives and must match exactly one.", branches, value, faults);
    }

    /// <summary>Tells what keeps the value from the alternative that it was most likely meant for: the only one whose type it has.</summary>
    private bool FailBranches(string keyword, string message, SchemaNode[] branches, JsonElement value, SchemaFaults? faults)
    {
        if (faults is null)
        {
            return false;
        }

        var here = path.ToString();
        var near = new List<SchemaFaults>();
        foreach (var branch in branches)
        {
            var own = new SchemaFaults();
            Check(branch, value, null, own);
            if (!own.All.Any(fault => fault.Pointer == here && fault.Code is "type" or "const" or "enum"))
            {
                near.Add(own);
            }
        }

        if (near is [var only])
        {
            faults.AddRange(only);
            return false;
        }

        return Fail(faults, keyword, message);
    }

    private bool CheckCondition(SchemaNode node, JsonElement value, Evaluated? evaluated, SchemaFaults? faults)
    {
        var own = evaluated is null ? null : new Evaluated();
        if (!Check(node.If!, value, own, null))
        {
            return node.Else is null || Check(node.Else, value, evaluated, faults);
        }

        evaluated?.Add(own!);
        return node.Then is null || Check(node.Then, value, evaluated, faults);
    }
}
