using System.Diagnostics;
using System.Text.Json;
using Xunit.Abstractions;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>The largest public document there is, whole. Its numbers are printed: they are what <c>docs/performance.md</c> quotes.</summary>
public sealed class GitHubDocumentTests(ITestOutputHelper output)
{
    private static readonly Lazy<SourceCatalog> Catalog = new(() => Import(File.ReadAllBytes(DocumentPath())));

    [Fact]
    public void the_document_imports_whole_and_in_little_memory()
    {
        var bytes = File.ReadAllBytes(DocumentPath());
        using var document = JsonDocument.Parse(bytes);
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .Sum(path => path.Value.EnumerateObject().Count(member => member.Value.ValueKind == JsonValueKind.Object));
        _ = Catalog.Value;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var catalog = Import(bytes);
        var (elapsed, allocated) = (clock.ElapsedMilliseconds, GC.GetAllocatedBytesForCurrentThread() - before);
        output.WriteLine($"{catalog.Tools.Length} tools, {catalog.Diagnostics.Length} diagnostics, {elapsed} ms, {allocated >> 20} MiB allocated, "
            + $"schemas {catalog.Tools.Sum(tool => tool.InputSchema.Length) >> 10} KiB, the largest {catalog.Tools.Max(tool => tool.InputSchema.Length) >> 10} KiB");
        catalog.Diagnostics.ShouldBeEmpty();
        catalog.Tools.Length.ShouldBe(operations);
        catalog.Servers.ShouldBe(["https://api.github.com"]);
        catalog.Tools.Select(tool => tool.Name).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        catalog.Tools.Select(tool => tool.Name).ShouldBeUnique();
        allocated.ShouldBeLessThan(400L << 20);
    }

    [Theory]
    [InlineData("issues.create", "POST /repos/{owner}/{repo}/issues")]
    [InlineData("repos.getContent", "GET /repos/{owner}/{repo}/contents/{path}")]
    [InlineData("pulls.merge", "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge")]
    [InlineData("codesOfConduct.getAllCodesOfConduct", "GET /codes_of_conduct")]
    [InlineData("meta.root", "GET /")]
    public void its_tools_have_the_names_that_people_know(string name, string text) =>
        Catalog.Value.Tools.Single(tool => tool.Name == name).ApprovalText.ShouldBe(text);

    [Fact]
    public void it_decodes_to_the_same_bytes_in_well_under_300_ms()
    {
        var encoded = CatalogCodec.Encode(Catalog.Value);
        var decoded = CatalogCodec.Decode(encoded);
        var best = Enumerable.Range(0, 5).Min(_ =>
        {
            var clock = Stopwatch.StartNew();
            CatalogCodec.Decode(encoded);
            return clock.Elapsed;
        });
        output.WriteLine($"encoded {encoded.Length >> 10} KiB, decoded in {best.TotalMilliseconds:F1} ms");
        CatalogCodec.Encode(decoded).ShouldBe(encoded);
        best.ShouldBeLessThan(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void every_schema_compiles_and_a_call_is_checked_and_built()
    {
        Catalog.Value.Tools.ShouldAllBe(tool => CompiledSchema.Compile(tool.InputSchema).Schema != null);
        var tool = CatalogCodec.Decode(CatalogCodec.Encode(Catalog.Value)).Tools.Single(tool => tool.Name == "issues.create");
        var good = """{"owner":"o","repo":"r r","body":{"title":"T"}}""";
        ToolSchemas.Check(tool, good.Utf8()).ShouldBeEmpty();
        ToolSchemas.Check(tool, """{"owner":"o","body":{"labels":[1]},"x":1}""".Utf8()).Select(fault => fault.Pointer).ShouldBe(
            ["/repo", "/body/title", "/body/labels/0", "/x"], ignoreOrder: true);
        var request = tool.Request(good);
        (request.Method.Method, request.RequestUri!.AbsoluteUri, request.Body()).ShouldBe(("POST", "https://api.github.com/repos/o/r%20r/issues", """{"title":"T"}"""));
    }

    private static SourceCatalog Import(byte[] bytes) => OpenApiCompiler.Compile(bytes).ShouldBeOfType<OpenApiImport.Imported>().Catalog;

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
