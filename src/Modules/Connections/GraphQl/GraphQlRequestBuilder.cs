using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>The body of a request, or why there is none.</summary>
internal readonly record struct GraphQlRequestPlan(ReadOnlyMemory<byte> Body, ArgumentFault? Fault);

/// <summary>
/// Turns decided arguments into the body of a GraphQL request. Values travel as variables, their very bytes; nothing of them ever becomes part of
/// the operation's text. A selection becomes part of it only after it was read, checked, and printed anew.
/// </summary>
internal static class GraphQlRequestBuilder
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Builds the body.</summary>
    /// <param name="binding">The tool.</param>
    /// <param name="arguments">The decided JSON object, UTF-8.</param>
    public static GraphQlRequestPlan Build(GraphQlBinding binding, ReadOnlyMemory<byte> arguments)
    {
        var output = new ArrayBufferWriter<byte>(binding.Prepared.Length + arguments.Length + 16);
        var variables = new ArrayBufferWriter<byte>(arguments.Length + 2);
        try
        {
            var (select, fault) = Split(binding, arguments.Span, variables);
            if (fault is not null)
            {
                return new GraphQlRequestPlan(default, fault);
            }

            if (select is null)
            {
                output.Write(binding.Prepared);
            }
            else
            {
                var selection = SelectionText.Check(binding.Types.Schema, binding.ReturnType, select);
                if (selection.Text is null)
                {
                    return new GraphQlRequestPlan(default, new ArgumentFault("/" + binding.SelectArgument, "selection", selection.Fault!));
                }

                output.Write(Prefix(binding.Operation(selection.Text), binding.OperationName));
            }

            output.Write(variables.WrittenSpan);
            output.Write("}"u8);
            return new GraphQlRequestPlan(output.WrittenMemory, null);
        }
        catch (JsonException)
        {
            return Refuse("", "json", "The arguments are not well-formed JSON.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: it has no text form.
            return Refuse("", "unicode", "Strings in the arguments must be well-formed Unicode.");
        }
    }

    /// <summary>What is wrong with the selection in arguments that fit the schema of the tool; null when nothing is.</summary>
    public static ArgumentFault? SelectionFault(GraphQlBinding binding, ReadOnlyMemory<byte> arguments) =>
        binding.SelectArgument is { } name && arguments.Span.IndexOf(Encoding.UTF8.GetBytes(name)) >= 0 ? Build(binding, arguments).Fault : null;

    /// <summary>A request up to its variables.</summary>
    public static byte[] Prefix(string operation, string operationName)
    {
        var buffer = new ArrayBufferWriter<byte>(operation.Length + 64);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("query"u8, operation);
            json.WriteString("operationName"u8, operationName);
            json.WritePropertyName("variables"u8);
            json.Flush();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The variables as one object, and apart from them the selection.</summary>
    private static (string? Select, ArgumentFault? Fault) Split(GraphQlBinding binding, ReadOnlySpan<byte> arguments, ArrayBufferWriter<byte> variables)
    {
        string? select = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(arguments, new JsonReaderOptions { MaxDepth = CompiledSchema.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return (null, new ArgumentFault("", "type", "The arguments must be a JSON object."));
        }

        variables.Write("{"u8);
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var isSelect = name == binding.SelectArgument;
            reader.Read();
            var value = (int)reader.TokenStartIndex;
            var text = isSelect && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
            if (!seen.Add(name) || (!isSelect && !binding.Variables.Contains(name)))
            {
                return (null, new ArgumentFault(SourceDocument.Child("", name), "additionalProperties", "This argument is not one of the tool's, or stands here twice."));
            }

            if (isSelect)
            {
                select = text ?? "";
                continue;
            }

            // Names of arguments are names of GraphQL: nothing in them needs an escape.
            variables.Write(count++ > 0 ? ",\""u8 : "\""u8);
            variables.Write(Encoding.UTF8.GetBytes(name));
            variables.Write("\":"u8);
            variables.Write(arguments[value..(int)reader.BytesConsumed]);
        }

        // What follows the object, or a break inside it, is an error of the reader.
        while (reader.Read())
        {
        }

        variables.Write("}"u8);
        return (select, null);
    }

    private static GraphQlRequestPlan Refuse(string pointer, string code, string message) => new(default, new ArgumentFault(pointer, code, message));
}
