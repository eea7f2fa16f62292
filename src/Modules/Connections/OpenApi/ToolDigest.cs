using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// SHA-256 over everything a caller or an approver relies on, in an encoding that one set of facts has one form of: parts with their length,
/// JSON with its members sorted. Reordering a document changes no digest.
/// </summary>
internal static class ToolDigest
{
    /// <summary>The digest of an operation's tool, lower-case hex.</summary>
    public static string Of(string name, string? title, string description, JsonElement schema, ReadOnlyMemory<byte> answer, HttpBinding binding)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, "toolgate/http-tool/1");
        Add(hash, name);
        Add(hash, title ?? "");
        Add(hash, description);
        Add(hash, binding.Method);
        Add(hash, binding.Path);
        Add(hash, binding.Accept);
        foreach (var server in binding.Servers)
        {
            Add(hash, $"server {server}");
        }

        foreach (var parameter in binding.Parameters.OrderBy(parameter => parameter.Argument, StringComparer.Ordinal))
        {
            Add(hash, $"parameter {parameter.Place} {parameter.Style} {parameter.Explode} {parameter.AllowReserved} {parameter.AsJson}");
            Add(hash, parameter.Argument);
            Add(hash, parameter.Name);
        }

        if (binding.Body is { } body)
        {
            Add(hash, $"body {body.Format} {body.ContentType}");
            foreach (var field in body.Fields)
            {
                Add(hash, $"field {field.Binary} {field.Style} {field.Explode} {field.ContentType}");
                Add(hash, field.Name);
            }
        }

        AddJson(hash, schema);
        if (!answer.IsEmpty)
        {
            using var answered = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = DocumentText.MaxDepth * 2 });
            AddJson(hash, answered.RootElement);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The digest of a GraphQL field's tool, lower-case hex. The types behind its selections are not in it: a field that a type gains changes no tool that does not read it.</summary>
    public static string Of(string name, string description, JsonElement schema, GraphQlBinding binding)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, "toolgate/graphql-tool/1");
        Add(hash, name);
        Add(hash, description);
        Add(hash, binding.Head);
        Add(hash, binding.Selection);
        AddJson(hash, schema);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AddJson(IncrementalHash hash, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).ToList();
                AddCount(hash, (byte)'{', members.Count);
                foreach (var member in members)
                {
                    Add(hash, member.Name);
                    AddJson(hash, member.Value);
                }

                break;
            case JsonValueKind.Array:
                AddCount(hash, (byte)'[', element.GetArrayLength());
                foreach (var item in element.EnumerateArray())
                {
                    AddJson(hash, item);
                }

                break;
            case JsonValueKind.String:
                AddCount(hash, (byte)'"', 0);
                Add(hash, element.GetString()!);
                break;
            default:
                AddCount(hash, (byte)'=', 0);
                Add(hash, element.GetRawText());
                break;
        }
    }

    /// <summary>The digest of an MCP server's tool, lower-case hex: everything of its entry but <c>_meta</c>, which is the server's own.</summary>
    public static string OfEntry(string name, ReadOnlyMemory<byte> entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var document = JsonDocument.Parse(entry, new JsonDocumentOptions { MaxDepth = JsonMembers.MaxDepth });
        Add(hash, "toolgate/mcp-tool/1");
        Add(hash, name);
        foreach (var member in document.RootElement.EnumerateObject().Where(member => member.Name != "_meta").OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            Add(hash, member.Name);
            AddJson(hash, member.Value);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AddCount(hash, (byte)'#', bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AddCount(IncrementalHash hash, byte mark, int count)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = mark;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], count);
        hash.AppendData(head);
    }
}
