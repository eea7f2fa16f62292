using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>Names of tools.</summary>
public sealed class ToolNamingTests
{
    [Theory]
    [InlineData("POST", "/repos/{owner}/{repo}/issues", "issues", "issues/create", "issues.create")]
    [InlineData("GET", "/codes_of_conduct", "codes-of-conduct", "codes-of-conduct/get-all-codes-of-conduct", "codesOfConduct.getAllCodesOfConduct")]
    [InlineData("GET", "/pets", "Pet Store", "listPets", "petStore.listPets")]
    [InlineData("GET", "/pets", "pets", "petsList", "pets.list")]
    [InlineData("GET", "/api/v2/orders/{id}", null, "getOrder", "orders.getOrder")]
    [InlineData("GET", "/orders/{id}", null, null, "orders.getById")]
    [InlineData("DELETE", "/orders/{id}/lines", null, null, "orders.deleteByIdLines")]
    [InlineData("GET", "/orders", "orders", "orders", "orders.getOperation")]
    [InlineData("GET", "/{id}", null, null, "root.getById")]
    [InlineData("GET", "/x", "Größe", "HTTPServerURL", "grE.httpServerUrl")]
    [InlineData("GET", "/things", "日本", "リスト", "things.getOperation")]
    [InlineData("GET", "/x", "users", "users_get_v2", "users.getV2")]
    public void golden_names(string method, string path, string? tag, string? id, string expected) =>
        ToolNaming.Name([new NamedOperation(method, path, tag, id, null)]).ShouldBe([expected]);

    [Fact]
    public void a_collision_adds_the_version_then_the_method_then_a_digest()
    {
        NamedOperation[] operations =
        [
            new("GET", "/v1/items", "items", "listItems", null),
            new("GET", "/v2/items", "items", "listItems", null),
            new("GET", "/a", "same", "do", null),
            new("POST", "/a", "same", "do", null),
            new("GET", "/b", "twin", "do", null),
            new("GET", "/c", "twin", "do", null),
        ];
        var digest = (string path) => Convert.ToHexStringLower(SHA256.HashData($"GET {path}".Utf8()).AsSpan(0, 4));
        ToolNaming.Name(operations).ShouldBe(
            ["items.v1.listItems", "items.v2.listItems", "same.doGet", "same.doPost", $"twin.doGet{digest("/b")}", $"twin.doGet{digest("/c")}"]);
    }

    [Fact]
    public void names_are_distinct_valid_and_independent_of_the_order()
    {
        var operation =
            from method in Gen.Elements("GET", "POST", "PUT")
            from path in Gen.Elements("/items", "/v1/items", "/v2/items", "/v1/items/{id}", "/api/x", "/", "/{a}/{b}")
            from tag in Gen.Elements(null, "items", "Items", "x y", "日本")
            from id in Gen.Elements(null, "list", "listItems", "items", "items.list", "v1 list", new string('q', 300))
            select new NamedOperation(method, path, tag, id, null);
        var sets = Gen.ListOf(operation).Select(list => list.DistinctBy(one => (one.Method, one.Path)).ToArray());
        Prop.ForAll(Arb.From(sets), operations =>
        {
            var names = ToolNaming.Name(operations);
            var reversed = ToolNaming.Name([.. operations.Reverse()]).Reverse().ToArray();
            return names.SequenceEqual(reversed) && names.Distinct(StringComparer.Ordinal).Count() == names.Length && names.All(ToolNaming.IsValid);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void an_override_is_taken_and_what_was_called_so_gives_way()
    {
        var catalog = Documents.Import(Documents.Of("""
            { /v1/a: { get: { tags: [items], operationId: list } }, /b: { get: { x-toolgate-name: items.list } } }
            """));
        catalog.Tools.Select(tool => (tool.Name, tool.ApprovalText)).ShouldBe([("items.list", "GET /b"), ("items.v1.list", "GET /v1/a")]);
    }

    [Theory]
    [InlineData("'a..b'")]
    [InlineData("'a.*'")]
    [InlineData("'sp ace'")]
    [InlineData("'a.b.c.d.e'")]
    [InlineData("''")]
    [InlineData("7")]
    public void an_invalid_override_drops_its_operation_alone(string name)
    {
        var catalog = Documents.Import(Documents.Of($"{{ /a: {{ get: {{ x-toolgate-name: {name} }} }}, /b: {{ get: {{ operationId: fine }} }} }}"));
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("b.fine");
        catalog.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Code.ShouldBe("invalid_name"), diagnostic => diagnostic.Pointer.ShouldBe("/paths/~1a/get/x-toolgate-name"));
    }

    [Fact]
    public void equal_overrides_drop_both()
    {
        var catalog = Documents.Import(Documents.Of("{ /a: { get: { x-toolgate-name: one } }, /b: { get: { x-toolgate-name: one } } }"));
        catalog.Tools.ShouldBeEmpty();
        catalog.Diagnostics.Select(diagnostic => (diagnostic.Code, diagnostic.Pointer)).ShouldBe([("duplicate_name", "/paths/~1a/get"), ("duplicate_name", "/paths/~1b/get")]);
    }
}
