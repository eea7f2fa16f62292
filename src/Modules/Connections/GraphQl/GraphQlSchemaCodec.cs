using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>The stored form of what selections are checked against: names and types, no descriptions. Equal schemas have equal bytes.</summary>
internal static class GraphQlSchemaCodec
{
    /// <summary>The stored form.</summary>
    public static byte[] Encode(GraphQlSchema schema)
    {
        var output = new CatalogWriter();
        output.OptionalText(schema.Query);
        output.OptionalText(schema.Mutation);
        output.OptionalText(schema.Subscription);
        output.Number(schema.Types.Count);
        foreach (var type in schema.Types.Values.OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            output.Text(type.Name);
            output.Byte((byte)type.Kind);
            output.Flags(type.IsOneOf);
            output.Texts(type.Possible);
            output.Texts([.. type.Values.Select(value => value.Name)]);
            WriteInputs(output, type.Inputs);
            output.Number(type.Fields.Length);
            foreach (var field in type.Fields)
            {
                output.Text(field.Name);
                output.Text(field.Type.Text);
                WriteInputs(output, field.Arguments);
            }
        }

        return output.ToArray();
    }

    /// <summary>The schema of stored bytes.</summary>
    public static GraphQlSchema Decode(ReadOnlyMemory<byte> encoded)
    {
        var input = new CatalogReader(encoded);
        var references = new Dictionary<string, TypeReference>(StringComparer.Ordinal);
        var (query, mutation, subscription) = (input.OptionalText(), input.OptionalText(), input.OptionalText());
        var types = input.Many(input => new GraphQlType
        {
            Name = input.Text(),
            Kind = (GraphQlKind)input.Byte(),
            IsOneOf = input.Byte() != 0,
            Possible = input.Texts(),
            Values = [.. input.Texts().Select(name => new GraphQlEnumValue(name))],
            Inputs = Inputs(input),
            Fields = input.Many(input => new GraphQlField(input.Text(), Reference(input.Text()), Inputs(input))),
        });
        return new GraphQlSchema(types.ToDictionary(type => type.Name, StringComparer.Ordinal), query, mutation, subscription);

        ImmutableArray<GraphQlInput> Inputs(CatalogReader input) =>
            input.Many(input => new GraphQlInput(input.Text(), Reference(input.Text()), input.Byte() != 0));

        TypeReference Reference(string text) => references.TryGetValue(text, out var known) ? known : references[text] = new TypeReference(text);
    }

    private static void WriteInputs(CatalogWriter output, ImmutableArray<GraphQlInput> inputs)
    {
        output.Number(inputs.Length);
        foreach (var input in inputs)
        {
            output.Text(input.Name);
            output.Text(input.Type.Text);
            output.Flags(input.HasDefault);
        }
    }
}
