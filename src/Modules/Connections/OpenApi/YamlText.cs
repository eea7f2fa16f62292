using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Toolgate.Connections;

/// <summary>
/// Turns YAML into JSON by the core schema of YAML 1.2 (section 10.3): <c>no</c>, <c>on</c> and dates are strings, keys are always strings.
/// Aliases and merges are expanded within a budget, so that a small text cannot become a large tree.
/// </summary>
internal static class YamlText
{
    /// <summary>Most values after the expansion of aliases.</summary>
    public const int MaxValues = 4_000_000;

    /// <summary>Converts the text; returns what is wrong with it when it cannot be.</summary>
    public static Diagnostic? ToJson(ReadOnlyMemory<byte> text, out ReadOnlyMemory<byte> json)
    {
        json = default;
        try
        {
            using var reader = new StreamReader(new MemoryStream(text.ToArray(), writable: false));
            var parser = new Parser(reader);
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return new Diagnostic("", "empty_document", "The document is empty.");
            }

            parser.Consume<DocumentStart>();
            var root = ReadNode(parser, new Dictionary<AnchorName, Node>(), 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
            {
                return new Diagnostic("", "several_documents", "The text holds several YAML documents; one is expected.");
            }

            var buffer = new ArrayBufferWriter<byte>(text.Length + 256);
            using (var output = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = DocumentText.MaxDepth }))
            {
                new Emission(output, buffer).Write(root);
            }

            json = buffer.WrittenMemory;
            return null;
        }
        catch (YamlFaultException fault)
        {
            return fault.Diagnostic;
        }
        catch (YamlException fault)
        {
            return new Diagnostic("", "invalid_yaml", $"This is no well-formed YAML near line {fault.Start.Line}, column {fault.Start.Column}.");
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            // The parser's own way to stumble over broken text.
            return new Diagnostic("", "invalid_yaml", "This is no well-formed YAML.");
        }
    }

    private static Node ReadNode(Parser parser, Dictionary<AnchorName, Node> anchors, int depth)
    {
        if (depth > DocumentText.MaxDepth)
        {
            throw new YamlFaultException("document_too_deep", $"The document nests deeper than {DocumentText.MaxDepth} levels.");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw new YamlFaultException("unknown_alias", $"The alias at line {alias.Start.Line} means nothing that stands before it.");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Anchored(new ScalarNode(scalar.Value, IsPlain: scalar.Style == ScalarStyle.Plain && !IsString(scalar.Tag)), scalar.Anchor, anchors);
        }

        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<Node>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(parser, anchors, depth + 1));
            }

            return Anchored(new SequenceNode(items), sequence.Anchor, anchors);
        }

        var mapping = parser.Consume<MappingStart>();
        var members = new List<(ScalarNode Key, Node Value)>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var line = parser.Current?.Start.Line;
            var key = ReadNode(parser, anchors, depth + 1) as ScalarNode
                ?? throw new YamlFaultException("unsupported_key", $"A key must be a string, near line {line}.");
            members.Add((key, ReadNode(parser, anchors, depth + 1)));
        }

        return Anchored(new MappingNode(members), mapping.Anchor, anchors);
    }

    /// <summary>An anchor is known only when its node is complete: a node never holds itself.</summary>
    private static Node Anchored(Node node, AnchorName anchor, Dictionary<AnchorName, Node> anchors)
    {
        if (!anchor.IsEmpty)
        {
            anchors[anchor] = node;
        }

        return node;
    }

    private static bool IsString(TagName tag) => !tag.IsEmpty && (tag.IsNonSpecific || tag.Value is "tag:yaml.org,2002:str" or "tag:yaml.org,2002:binary");

    private abstract record Node;

    private sealed record ScalarNode(string Value, bool IsPlain) : Node;

    private sealed record SequenceNode(List<Node> Items) : Node;

    private sealed record MappingNode(List<(ScalarNode Key, Node Value)> Members) : Node;

    private sealed class YamlFaultException(string code, string message) : Exception(message)
    {
        public Diagnostic Diagnostic { get; } = new("", code, message);
    }

    /// <summary>Writes a tree as JSON, counting what aliases make of it.</summary>
    private sealed class Emission(Utf8JsonWriter output, ArrayBufferWriter<byte> buffer)
    {
        private readonly Dictionary<MappingNode, List<KeyValuePair<string, Node>>> merged = new(ReferenceEqualityComparer.Instance);
        private int values;

        public void Write(Node node)
        {
            if (++values > MaxValues || buffer.WrittenCount + output.BytesPending > DocumentText.MaxBytes)
            {
                throw new YamlFaultException("document_too_large", "With its aliases expanded the document is too large.");
            }

            switch (node)
            {
                case ScalarNode { IsPlain: true } plain:
                    YamlScalars.Write(output, plain.Value);
                    break;
                case ScalarNode text:
                    output.WriteStringValue(text.Value);
                    break;
                case SequenceNode sequence:
                    Enter();
                    output.WriteStartArray();
                    sequence.Items.ForEach(Write);
                    output.WriteEndArray();
                    break;
                case MappingNode mapping:
                    Enter();
                    output.WriteStartObject();
                    foreach (var (key, value) in Merged(mapping, 0))
                    {
                        output.WritePropertyName(key);
                        Write(value);
                    }

                    output.WriteEndObject();
                    break;
            }
        }

        private void Enter()
        {
            if (output.CurrentDepth >= DocumentText.MaxDepth - 1)
            {
                throw new YamlFaultException("document_too_deep", $"The document nests deeper than {DocumentText.MaxDepth} levels.");
            }
        }

        /// <summary>The members with <c>&lt;&lt;</c> resolved: own keys win, then earlier merges.</summary>
        private List<KeyValuePair<string, Node>> Merged(MappingNode mapping, int hops)
        {
            if (merged.TryGetValue(mapping, out var known))
            {
                return known;
            }

            if (hops > 16)
            {
                throw new YamlFaultException("document_too_deep", "Merges nest too deep.");
            }

            var members = new List<KeyValuePair<string, Node>>(mapping.Members.Count);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (key, value) in mapping.Members.Where(member => !IsMerge(member.Key)))
            {
                if (!seen.Add(key.Value))
                {
                    throw new YamlFaultException("duplicate_key", "A key stands twice in one mapping.");
                }

                members.Add(new KeyValuePair<string, Node>(key.Value, value));
            }

            foreach (var (_, value) in mapping.Members.Where(member => IsMerge(member.Key)))
            {
                foreach (var source in value is SequenceNode list ? list.Items : [value])
                {
                    var from = source as MappingNode ?? throw new YamlFaultException("invalid_merge", "Only mappings can be merged with <<.");
                    var more = Merged(from, hops + 1);
                    values += more.Count;
                    if (values > MaxValues)
                    {
                        throw new YamlFaultException("document_too_large", "With its aliases expanded the document is too large.");
                    }

                    members.AddRange(more.Where(member => seen.Add(member.Key)));
                }
            }

            return merged[mapping] = members;
        }

        private static bool IsMerge(ScalarNode key) => key is { IsPlain: true, Value: "<<" };
    }
}
