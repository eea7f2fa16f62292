using System.Diagnostics;

namespace Toolgate.Bench;

/// <summary>The 13 MB document of GitHub's REST API, imported whole.</summary>
internal static class GitHubImport
{
    public static async Task Run(Api api, Child host, string documentPath)
    {
        var document = await File.ReadAllTextAsync(documentPath);
        var before = host.ResidentBytes;
        var from = Stopwatch.GetTimestamp();
        var integration = await api.Post("/api/integrations/openapi", new { slug = "github", spec = new { document } });
        var time = Stopwatch.GetElapsedTime(from);
        await api.Post("/api/connections", new { owner = "org", integration = "github", name = "main", template = "none", values = new { } });
        Report.Title("Importing GitHub's OpenAPI document");
        Report.Row("document", $"{Report.Number(document.Length / 1048576.0)} MiB");
        Report.Row("tools / diagnostics", $"{integration["toolCount"]} / {integration["diagnostics"]!.AsArray().Count}");
        Report.Row("request to answer", Report.Ms(time.TotalMicroseconds));
        Report.Row("resident memory before / after", $"{Report.Number(before / 1048576.0)} / {Report.Number(host.ResidentBytes / 1048576.0)} MiB");
    }
}
