using System.Buffers;
using System.Security.Cryptography;

namespace Toolgate.Connections;

/// <summary>
/// What an upstream is told that its client can do: what the client behind the request declared, without what the gateway cannot relay. Nothing is ever
/// declared for a client that did not declare it; for the catalog, behind which there is none, everything is that can be relayed.
/// </summary>
internal sealed class ClientCapabilities
{
    private const int MaxBytes = 16 * 1024;
    private readonly HashSet<string> kinds = new(StringComparer.Ordinal);

    private ClientCapabilities(ReadOnlyMemory<byte> json, IEnumerable<string> kinds)
    {
        Json = json;
        this.kinds.UnionWith(kinds);
        Digest = Convert.ToHexStringLower(SHA256.HashData(json.Span));
    }

    /// <summary>Nothing.</summary>
    public static ClientCapabilities None { get; } = new("{}"u8.ToArray(), []);

    /// <summary>
    /// Everything that can be relayed: what a catalog is read with, because there are servers that show a tool that asks only to those who can be asked.
    /// </summary>
    public static ClientCapabilities All { get; } = Of("""{"elicitation":{"form":{},"url":{}},"sampling":{"context":{},"tools":{}},"roots":{}}"""u8.ToArray());

    /// <summary>The JSON object.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Names the set: sessions of the legacy era are shared by requests that declare the same.</summary>
    public string Digest { get; }

    /// <summary>What can be relayed of a client's capabilities.</summary>
    public static ClientCapabilities Of(CallClient client) => client.CanAsk || client.IsStateless ? Of(client.Capabilities) : None;

    /// <summary>What can be relayed of capabilities that a client declared, which can be asked.</summary>
    public static ClientCapabilities Of(ReadOnlyMemory<byte> declared)
    {
        if (declared.Length is <= 2 or > MaxBytes || JsonMembers.Of(declared) is not { } members)
        {
            return None;
        }

        var output = new ArrayBufferWriter<byte>(declared.Length);
        var kinds = new List<string>();
        output.Write("{"u8);
        foreach (var (name, key, value) in members)
        {
            // Tasks are a conversation of their own, with ids that would have to be mapped; changed roots have no way up.
            ReadOnlyMemory<byte> passed = name switch
            {
                "tasks" => default,
                "roots" => "{}"u8.ToArray(),
                "extensions" => Without(value, "io.modelcontextprotocol/tasks"),
                _ => value,
            };
            if (passed.IsEmpty)
            {
                continue;
            }

            kinds.Add(name);
            kinds.AddRange(name == "elicitation" ? (JsonMembers.Of(value) ?? []).Select(mode => $"elicitation.{mode.Name}") : []);
            output.Write(kinds.Count > 1 && output.WrittenCount > 1 ? ","u8 : ""u8);
            output.Write(key.Span);
            output.Write(":"u8);
            output.Write(passed.Span);
        }

        output.Write("}"u8);
        return new ClientCapabilities(output.WrittenMemory.ToArray(), kinds);
    }

    /// <summary>Whether a request of the upstream to the client is within what the client declared.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="parameters">Its params.</param>
    public bool Allows(string method, ReadOnlyMemory<byte> parameters) => method switch
    {
        // A form is what elicitation means when no mode is said (2025-11-25).
        McpProtocol.Elicit when JsonMembers.Text(JsonMembers.Find(parameters, "mode")) is { } mode && mode != "form" => kinds.Contains($"elicitation.{mode}"),
        McpProtocol.Elicit => kinds.Contains("elicitation") && (kinds.Contains("elicitation.form") || !kinds.Contains("elicitation.url")),
        McpProtocol.Sample => kinds.Contains("sampling"),
        McpProtocol.ListRoots => kinds.Contains("roots"),
        _ => false,
    };

    private static ReadOnlyMemory<byte> Without(ReadOnlyMemory<byte> json, string name)
    {
        if (JsonMembers.Of(json) is not { } members || members.All(member => member.Name != name))
        {
            return json;
        }

        var output = new ArrayBufferWriter<byte>(json.Length);
        output.Write("{"u8);
        foreach (var (_, key, value) in members.Where(member => member.Name != name))
        {
            output.Write(output.WrittenCount > 1 ? ","u8 : ""u8);
            output.Write(key.Span);
            output.Write(":"u8);
            output.Write(value.Span);
        }

        output.Write("}"u8);
        return output.WrittenMemory.ToArray();
    }
}
