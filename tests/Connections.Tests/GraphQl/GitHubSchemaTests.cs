using System.Diagnostics;
using Xunit.Abstractions;

namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>The largest public schema there is, whole, both as it is written and as it is introspected.</summary>
public sealed class GitHubSchemaTests(ITestOutputHelper output)
{
    private static readonly string Sdl = Node.Package("@octokit", "graphql-schema", "schema.graphql");
    private static readonly string Introspection = Node.Package("@octokit", "graphql-schema", "schema.json");
    private static readonly Lazy<SourceCatalog> FromSdl = new(() => Import(Sdl));
    private static readonly Lazy<SourceCatalog> FromIntrospection = new(() => Import(Introspection));

    [Fact]
    public void every_query_and_mutation_field_becomes_a_tool()
    {
        var clock = Stopwatch.StartNew();
        var catalog = Import(Sdl);
        output.WriteLine($"{catalog.Tools.Length} tools in {clock.ElapsedMilliseconds} ms, stored in {CatalogCodec.Encode(catalog).Length >> 10} KiB, "
            + $"listing {catalog.Tools.Sum(tool => tool.ListingMembers.Length) >> 10} KiB, longest selection {catalog.Tools.Max(tool => tool.Binding().Selection.Length)}");
        var schema = SdlReading.Read(File.ReadAllText(Sdl), new DiagnosticList())!;

        // The published text itself defines two fields twice: they cost a diagnostic each and nothing else.
        catalog.Codes().ShouldBe(["/EnterpriseOwnerInfo/repositoryDeployKeySetting duplicate_name", "/EnterpriseOwnerInfo/repositoryDeployKeySettingOrganizations duplicate_name"]);
        FromIntrospection.Value.Diagnostics.ShouldBeEmpty();
        FromIntrospection.Value.Tools.Length.ShouldBe(272);
        catalog.Tools.Select(tool => tool.Name).ShouldBe(
            schema.Types["Query"].Fields.Select(field => "query." + field.Name).Concat(schema.Types["Mutation"].Fields.Select(field => "mutation." + field.Name)),
            ignoreOrder: true);
        catalog.Tools.Length.ShouldBeGreaterThan(250);
        catalog.Tools.Select(tool => tool.Name).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
    }

    [Fact]
    public async Task every_operation_is_valid_to_the_reference_implementation()
    {
        foreach (var (file, catalog) in new[] { (Sdl, FromSdl.Value), (Introspection, FromIntrospection.Value) })
        {
            var (errors, count) = await Node.Validate(file, catalog.Tools);
            errors.ShouldBeEmpty();
            count.ShouldBe(catalog.Tools.Length);
        }
    }

    [Fact]
    public async Task the_validator_finds_what_is_wrong()
    {
        var (errors, _) = await Node.Validate(Sdl, Api.Import("type Query { viewer: Person } type Person { shoeSize: Int }").Tools);
        errors.ShouldHaveSingleItem().ShouldContain("shoeSize");
    }

    [Fact]
    public void every_schema_compiles_and_every_selection_keeps_its_bounds()
    {
        foreach (var tool in FromSdl.Value.Tools)
        {
            var compiled = CompiledSchema.Compile(tool.InputSchema);
            compiled.Diagnostics.ShouldBeEmpty(tool.Name);
            compiled.Schema.ShouldNotBeNull();
            var binding = tool.Binding();
            Selections.Depth(binding.Selection).ShouldBeLessThanOrEqualTo(2 * DefaultSelection.MaxDepth);
            Selections.Leaves(binding.Selection).ShouldBeLessThanOrEqualTo(DefaultSelection.MaxLeaves);
        }
    }

    [Fact]
    public void it_is_stored_and_read_again_to_the_same_bytes()
    {
        var encoded = CatalogCodec.Encode(FromSdl.Value);
        var decoded = CatalogCodec.Decode(encoded);
        CatalogCodec.Encode(decoded).ShouldBe(encoded);
        var binding = decoded.Tool("query.repository").Binding();
        SelectionText.Check(binding.Types.Schema, binding.ReturnType, """{ issues(first: 3, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { title author { login } } } }""")
            .Text.ShouldBe("{ issues(first: 3, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { title author { login } } } }");
    }

    [Fact]
    public void mutations_ask_and_queries_do_not()
    {
        var create = FromSdl.Value.Tool("mutation.createIssue");
        (create.AsksByDefault, create.ChangesSomething, create.ApprovalText).ShouldBe((true, true, "mutation createIssue"));
        var viewer = FromSdl.Value.Tool("query.viewer");
        (viewer.AsksByDefault, viewer.ChangesSomething, viewer.ApprovalText).ShouldBe((false, false, "query viewer"));
    }

    private static SourceCatalog Import(string file) =>
        GraphQlCompiler.Compile(File.ReadAllBytes(file), new GraphQlOptions("https://api.github.com/graphql")).ShouldBeOfType<GraphQlImport.Imported>().Catalog;
}
