using System.Globalization;

namespace Toolgate.Connections;

/// <summary>Whether a constant may stand where a type is expected (GraphQL specification, sections 3 "Input Coercion" and 5.6.1).</summary>
internal static class GraphQlLiterals
{
    /// <summary>What is wrong with the value; null when nothing is. A custom scalar takes any value: only its server knows better.</summary>
    public static string? Fault(GraphQlSchema schema, TypeReference type, GraphQlValue value)
    {
        if (value.Kind == GraphQlValueKind.Null)
        {
            return type.IsNonNull ? $"must not be null, it is {type}" : null;
        }

        if (type.IsList)
        {
            // A single value stands for a list of one.
            return value.Kind != GraphQlValueKind.List
                ? Fault(schema, type.Item, value)
                : value.Members.Select(item => Fault(schema, type.Item, item.Value)).FirstOrDefault(fault => fault is not null);
        }

        var named = schema.Types[type.Name];
        return named.Kind switch
        {
            GraphQlKind.Enum => value.Kind == GraphQlValueKind.Enum && named.HasValue(value.Text)
                ? null
                : $"must be a value of {named.Name}, without quotes",
            GraphQlKind.InputObject => ObjectFault(schema, named, value),
            _ => ScalarFault(named.Name, value),
        };
    }

    private static string? ScalarFault(string scalar, GraphQlValue value)
    {
        var fits = scalar switch
        {
            "Int" => value.Kind == GraphQlValueKind.Int && int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            "Float" => value.Kind is GraphQlValueKind.Int or GraphQlValueKind.Float,
            "String" => value.Kind == GraphQlValueKind.String,
            "Boolean" => value.Kind == GraphQlValueKind.Boolean,
            "ID" => value.Kind is GraphQlValueKind.String or GraphQlValueKind.Int,
            _ => true,
        };
        return fits ? null : $"must be a value of {scalar}";
    }

    private static string? ObjectFault(GraphQlSchema schema, GraphQlType type, GraphQlValue value)
    {
        if (value.Kind != GraphQlValueKind.Object)
        {
            return $"must be an object of {type.Name}";
        }

        if (type.IsOneOf && (value.Members.Length != 1 || value.Members[0].Value.Kind == GraphQlValueKind.Null))
        {
            return $"must have exactly one field of {type.Name}";
        }

        foreach (var member in value.Members)
        {
            if (type.Input(member.Name) is not { } input)
            {
                return $"must not have '{member.Name}', which {type.Name} does not know";
            }

            if (Fault(schema, input.Type, member.Value) is { } fault)
            {
                return $"has a fault at '{member.Name}': it {fault}";
            }
        }

        var given = value.Members.Select(member => member.Name).ToHashSet(StringComparer.Ordinal);
        var missing = type.Inputs.FirstOrDefault(input => input.IsRequired && !given.Contains(input.Name));
        return missing is null ? null : $"must have '{missing.Name}' of {type.Name}";
    }
}
