using System.Text;

namespace Toolgate.Host;

/// <summary>What is printed once the host serves: where it is, the key that is shown once, how to connect an agent.</summary>
internal static class Welcome
{
    /// <summary>The text, ready to print.</summary>
    public static string Text(ToolgateHost host)
    {
        var address = host.Address.ToString().TrimEnd('/');
        var text = new StringBuilder();
        text.AppendLine($"Toolgate {CommandLine.Version} serves on {address}  (Ctrl-C stops it)");
        text.AppendLine($"  data       {host.DataFolder}, {host.Database.Description}");
        if (host.OwnerKey is { } key)
        {
            text.AppendLine($"  owner key  {key}");
            text.AppendLine("             shown only now: keep it");
        }

        if (host.SetupToken is { } setup)
        {
            text.AppendLine($"  set up     {address}/setup?token={setup}");
            text.AppendLine("             works once, within 24 hours: the person who opens it becomes the owner");
        }

        text.AppendLine($"  REST       {address}/api, described on {address}/api/docs");
        text.AppendLine($"  an agent   claude mcp add --transport http toolgate {address}/mcp --header \"Authorization: Bearer {host.OwnerKey ?? "<api key>"}\"");
        text.Append($"             or any MCP client: {address}/mcp, one toolkit: {address}/mcp/toolkits/<slug>");
        return text.ToString();
    }
}
