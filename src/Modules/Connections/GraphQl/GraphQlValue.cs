using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Kinds of constant values.</summary>
internal enum GraphQlValueKind : byte
{
    Null,
    Boolean,
    Int,
    Float,
    String,
    Enum,
    List,
    Object,
}

/// <summary>A constant value: no variables anywhere inside.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Number as written, string value, enum name, <c>true</c> or <c>false</c>.</param>
/// <param name="Members">Items of a list (without names), fields of an object.</param>
internal sealed record GraphQlValue(GraphQlValueKind Kind, string Text, ImmutableArray<GraphQlMember> Members)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The literal <c>null</c>.</summary>
    public static GraphQlValue Null { get; } = new(GraphQlValueKind.Null, "null", []);

    /// <summary>Writes it as GraphQL. Printed from what was read: no text of the author passes through.</summary>
    public void Print(StringBuilder output)
    {
        switch (Kind)
        {
            case GraphQlValueKind.String:
                // The escapes of JSON are escapes of GraphQL.
                output.Append(JsonSerializer.Serialize(Text, Relaxed));
                break;
            case GraphQlValueKind.List:
                PrintMembers(output, '[', ']');
                break;
            case GraphQlValueKind.Object:
                PrintMembers(output, '{', '}');
                break;
            default:
                output.Append(Text);
                break;
        }
    }

    /// <summary>Writes it as JSON; names of enum values become strings.</summary>
    public void Write(Utf8JsonWriter json)
    {
        switch (Kind)
        {
            case GraphQlValueKind.Null:
                json.WriteNullValue();
                break;
            case GraphQlValueKind.Boolean:
                json.WriteBooleanValue(Text == "true");
                break;
            case GraphQlValueKind.Int or GraphQlValueKind.Float:
                // The grammar of numbers is that of JSON.
                json.WriteRawValue(Text);
                break;
            case GraphQlValueKind.List:
                json.WriteStartArray();
                foreach (var item in Members)
                {
                    item.Value.Write(json);
                }

                json.WriteEndArray();
                break;
            case GraphQlValueKind.Object:
                json.WriteStartObject();
                foreach (var (name, value) in Members)
                {
                    json.WritePropertyName(name);
                    value.Write(json);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteStringValue(Text);
                break;
        }
    }

    private void PrintMembers(StringBuilder output, char open, char close)
    {
        output.Append(open);
        for (var i = 0; i < Members.Length; i++)
        {
            output.Append(i > 0 ? ", " : "");
            if (Kind == GraphQlValueKind.Object)
            {
                output.Append(Members[i].Name).Append(": ");
            }

            Members[i].Value.Print(output);
        }

        output.Append(close);
    }
}

/// <summary>A value with a name: an argument, a field of an object; an item of a list has the name <c>""</c>.</summary>
internal readonly record struct GraphQlMember(string Name, GraphQlValue Value);
