using Toolgate.TestSupport;
using Xunit.Abstractions;

namespace Toolgate.Toolkits.Tests;

/// <summary>
/// What people ask for, over the largest public document there is. <c>github-intents.tsv</c> holds their words and the tools that would do, written before
/// the search was.
/// </summary>
public sealed class GitHubSearchTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Prefix = "github.org.main.";

    private ToolgateServer server = null!;

    public async Task InitializeAsync()
    {
        server = await ToolgateServer.Start();
        await server.Api.Post("/api/integrations/openapi", new { slug = "github", spec = new { document = await File.ReadAllTextAsync(DocumentPath()) } });
        await server.Api.Post("/api/connections", new { owner = "org", integration = "github", name = "main", template = "none", values = new { } });
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task Nine_of_ten_intents_find_their_tool_among_the_first_five()
    {
        var intents = await Intents();
        intents.Count.ShouldBeGreaterThanOrEqualTo(200);
        var names = new HashSet<string>(StringComparer.Ordinal);
        string? cursor = "";
        while (cursor is not null)
        {
            var page = await server.Api.Get($"/api/tools?limit=1000{cursor}");
            names.UnionWith(page["items"]!.AsArray().Select(item => ((string)item!["address"]!)[Prefix.Length..]));
            cursor = (string?)page["nextCursor"] is { } next ? "&cursor=" + next : null;
        }

        var missed = new List<string>();
        var first = 0;
        foreach (var (intent, acceptable) in intents)
        {
            acceptable.ShouldAllBe(name => names.Contains(name), intent);
            var found = (await ToolkitsServer.Addresses(server.Api, $"/api/tools?limit=5&query={Uri.EscapeDataString(intent)}")).ConvertAll(address => address[Prefix.Length..]);
            if (!found.Exists(acceptable.Contains))
            {
                missed.Add($"{intent} → {string.Join(", ", found)}");
            }
            else if (acceptable.Contains(found[0]))
            {
                first++;
            }
        }

        var share = 1 - ((double)missed.Count / intents.Count);
        output.WriteLine($"{names.Count} tools, {intents.Count} intents, {share:P1} among the first five, {(double)first / intents.Count:P1} at the top");
        missed.ForEach(output.WriteLine);
        share.ShouldBeGreaterThanOrEqualTo(0.9);
    }

    private static async Task<List<(string Intent, string[] Acceptable)>> Intents()
    {
        using var stream = typeof(GitHubSearchTests).Assembly.GetManifestResourceStream("github-intents.tsv")!;
        using var reader = new StreamReader(stream);
        return [.. (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split('\t'))
            .Select(columns => (columns[0], columns[1].Split(' ')))];
    }

    private static string DocumentPath()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "tests", "Connections.Tests", "node_modules", "@octokit", "openapi", "generated", "api.github.com.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException("The GitHub document is not installed. Run: npm ci --prefix tests/Connections.Tests");
    }
}
