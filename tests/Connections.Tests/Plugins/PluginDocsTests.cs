using System.Text.RegularExpressions;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>docs/plugins.md says what the code does: its example is valid, its tables are the code's.</summary>
public sealed partial class PluginDocsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "plugins.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Every_manifest_on_the_page_is_valid()
    {
        var examples = Example().Matches(Page);
        examples.Count.ShouldBeGreaterThan(0);
        foreach (Match example in examples)
        {
            Manifests.Read(example.Groups[1].Value).Faults.ShouldBeEmpty();
        }
    }

    [Fact]
    public void The_table_of_codes_is_the_codes_of_the_validator()
        => Code().Matches(Page[Page.IndexOf("## Codes of faults", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value).ShouldBe(PluginFaultCodes.All);

    [Theory]
    [InlineData("256 KiB, 32 levels, 64 routes, 64 tools, 256 patterns", PluginLimits.DocumentBytes / 1024, PluginLimits.DocumentDepth, PluginLimits.Routes, PluginLimits.Tools, PluginLimits.Patterns)]
    [InlineData("32 KiB in canonical form, 8 levels, 256 schemas, 64 properties an object", PluginLimits.SchemaBytes / 1024, PluginLimits.SchemaDepth, PluginLimits.SchemaNodes, PluginLimits.Properties)]
    [InlineData("100 values of at most 256 characters", PluginLimits.EnumValues, PluginLimits.EnumText)]
    [InlineData("| `pattern` | 256 characters |", PluginLimits.Pattern)]
    [InlineData("| faults in an answer | 200 |", PluginLimits.Faults)]
    [InlineData("1 to 100, 1 to 1024 characters", 1, PluginLimits.Title, 1, PluginLimits.Description)]
    [InlineData("lower-case words joined by single dashes, at most 28 characters", PluginLimits.Id)]
    [InlineData("semantic version 2.0, at most 64 characters", 2, 0, PluginLimits.Version)]
    [InlineData("at most 16 host names", PluginLimits.Hosts)]
    [InlineData("joined by single slashes, at most 96 characters", PluginLimits.RouteName)]
    [InlineData("absolute, at most 512 characters", PluginLimits.Path)]
    [InlineData("| 1 to 300000 |", 1, PluginLimits.TimeoutMs)]
    [InlineData("single underscores, at most 34 characters", PluginLimits.ToolName)]
    public void The_limits_on_the_page_are_the_codes_limits(string words, params int[] limits)
    {
        Page.ShouldContain(words);
        Number().Matches(words).Select(match => int.Parse(match.Value, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(limits);
    }

    [Fact]
    public void The_reserved_ids_and_the_headers_are_on_the_page()
    {
        Page.ShouldContain("not " + string.Join(", ", PluginWireName.ReservedIds.Order(StringComparer.Ordinal).Select(id => $"`{id}`")));
        foreach (var header in new[] { PluginInvoker.PrincipalHeader, PluginInvoker.ToolHeader, PluginInvoker.TraceHeader })
        {
            Page.ShouldContain($"| `{header}` |");
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monolith.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root was not found.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"```json\n(.+?)\n```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"^\| `([a-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
