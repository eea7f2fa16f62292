using System.Diagnostics;
using System.Text;
using Xunit.Abstractions;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>The largest public document there is, whole.</summary>
public sealed class GitHubDocumentTests(ITestOutputHelper output)
{
    private static readonly Lazy<OpenApiCatalog> Catalog = new(() => Import(File.ReadAllBytes(Path())));

    [Fact]
    public void the_document_imports_whole()
    {
        var bytes = File.ReadAllBytes(Path());
        _ = Catalog.Value;
        var before = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        var catalog = Import(bytes);
        output.WriteLine($"tools {catalog.Tools.Length}, diagnostics {catalog.Diagnostics.Length}, compiled in {clock.ElapsedMilliseconds} ms, allocated {(GC.GetTotalAllocatedBytes() - before) >> 20} MiB");
        foreach (var diagnostic in catalog.Diagnostics.Take(40))
        {
            output.WriteLine(diagnostic.ToString());
        }

        output.WriteLine($"schemas {catalog.Tools.Sum(tool => tool.InputSchema.Length) >> 10} KiB, largest {catalog.Tools.Max(tool => tool.InputSchema.Length) >> 10} KiB");
        output.WriteLine($"longest name {catalog.Tools.Max(tool => tool.Name.Length)} {catalog.Tools.MaxBy(tool => tool.Name.Length)!.Name}");
        catalog.Tools.Length.ShouldBe(1223);
    }

    private static OpenApiCatalog Import(byte[] bytes) => OpenApiCompiler.Compile(bytes).ShouldBeOfType<OpenApiImport.Imported>().Catalog;

    private static string Path()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = System.IO.Path.Combine(folder.FullName, "tests", "Connections.Tests", "node_modules", "@octokit", "openapi", "generated", "api.github.com.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException("The GitHub document is not installed. Run: npm ci --prefix tests/Connections.Tests");
    }

    [Fact]
    public void it_decodes_quickly()
    {
        var encoded = CatalogCodec.Encode(Catalog.Value);
        CatalogCodec.Decode(encoded);
        var clock = Stopwatch.StartNew();
        var decoded = CatalogCodec.Decode(encoded);
        output.WriteLine($"encoded {encoded.Length >> 10} KiB, decoded in {clock.Elapsed.TotalMilliseconds} ms");
        CatalogCodec.Encode(decoded).ShouldBe(encoded);
        output.WriteLine(Encoding.UTF8.GetString(decoded.Tools.First(tool => tool.Name == "issues.create").InputSchema.Span));
        output.WriteLine(string.Join(' ', decoded.Tools.Take(300).Select(tool => tool.Name)));
    }
}
