using System.Text;

namespace Toolgate.Sessions;

/// <summary>How Toolgate names itself, as prepared bytes.</summary>
internal static class ServerIdentity
{
    /// <summary>Product version, three parts.</summary>
    public static string Version { get; } = typeof(ServerIdentity).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary><c>{"name":"Toolgate","version":"…"}</c></summary>
    public static string InfoJson { get; } = $$"""{"name":"Toolgate","version":"{{Version}}"}""";

    /// <summary>The end of every result of the stateless era: type and identity.</summary>
    public static byte[] ModernTail { get; } = Encoding.UTF8.GetBytes(
        $$$""","resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{{{InfoJson}}}}}""");

    /// <summary>The same for results that say how long they may be kept. Lists differ from caller to caller and change at once, so: not at all.</summary>
    public static byte[] ModernListTail { get; } = Encoding.UTF8.GetBytes(
        $$$""","ttlMs":0,"cacheScope":"private","resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{{{InfoJson}}}}}""");
}
