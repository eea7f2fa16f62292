using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.GraphQl;

public sealed class SelectionTests
{
    private const string Tracker = """
        type Query { issue: Issue search: [Found] root: Query }
        enum State { OPEN CLOSED }
        input Order { by: State! direction: Int = 1 }
        interface Node { id: ID! }
        type Issue implements Node { id: ID! title(max: Int): String! state: State comments(first: Int!, order: Order): [Comment!]! author: Person whole: Query }
        type Comment implements Node { id: ID! body: String }
        type Person { name: String friends: [Person!] }
        union Found = Issue | Comment
        """;

    [Theory]
    [InlineData("Int", "", "")]
    [InlineData("[State!]!", "enum State { A }", "")]
    [InlineData("A", "type A { x: Int y: [String] z: A }", "{ x y }")]
    [InlineData("A", "type A { x(optional: Int): Int y(required: Int!): Int z(filled: Int! = 1): Int }", "{ x z }")]
    [InlineData("A", "type A { x: Int old: Int @deprecated }", "{ x }")]
    [InlineData("A", "type A { b: B } type B { y: Int a: A c: C } type C { z: Int d: D } type D { w: Int }", "{ b { y c { z } } }")]
    [InlineData("A", "type A { x: Int b(optional: Int): B } type B { y: Int }", "{ x }")]
    [InlineData("A", "type A { b(optional: Int): B } type B { y: Int }", "{ __typename }")]
    [InlineData("A", "type A { x: Int q: Query }", "{ x }")]
    [InlineData("A", "type A { nodes: [B] edges: [E] } type E { cursor: String node: B } type B { y: Int }", "{ nodes { y } }")]
    [InlineData("U", "union U = A | B type A { x: Int } type B { x: Int y: Int }", "{ __typename ... on A { x } ... on B { x y } }")]
    [InlineData("U", "union U = A | B type A { x: Int } type B { x: Int! }", "{ __typename ... on A { x_A: x } ... on B { x_B: x } }")]
    [InlineData("I", "interface I { x: Int } type A implements I { x: Int! y: Int }", "{ __typename x ... on A { y } }")]
    [InlineData("I", "interface I { x: Int }", "{ __typename x }")]
    public void the_default_reads_leaves_within_bounds(string type, string types, string selection) => Api.Selection(type, types).ShouldBe(selection);

    [Fact]
    public void a_type_of_a_thousand_fields_and_a_union_of_a_hundred_types_stay_bounded()
    {
        var fields = string.Join(' ', Enumerable.Range(0, 1_000).Select(i => $"field{i}: Int"));
        Selections.Leaves(Api.Selection("A", $"type A {{ {fields} }}")).ShouldBe(DefaultSelection.MaxLeaves);
        var types = string.Join(' ', Enumerable.Range(0, 100).Select(i => $"type T{i} {{ x: Int }}"));
        Api.Selection("U", $"union U = {string.Join('|', Enumerable.Range(0, 100).Select(i => $"T{i}"))} {types}").ShouldBe("{ __typename }");
    }

    [Fact]
    public void the_default_of_any_schema_ends_and_is_valid_and_bounded() => Prop.ForAll(Schemas.ToArbitrary(), schema =>
    {
        var binding = Api.Import(schema).Tool("query.it").Binding();
        (Selections.Leaves(binding.Selection) <= DefaultSelection.MaxLeaves).ShouldBeTrue(binding.Selection);
        (Selections.Depth(binding.Selection) <= 2 * DefaultSelection.MaxDepth).ShouldBeTrue(binding.Selection);
        var read = SelectionText.Check(binding.Types.Schema, binding.ReturnType, binding.Selection);
        (read.Fault, read.Text).ShouldBe((null, binding.Selection));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task the_default_of_any_schema_is_valid_to_the_reference_implementation()
    {
        var schemas = Schemas.Sample(500).ToArray();
        var (errors, count) = await Node.Validate(schemas.Select(schema => (Api.Import(schema).Tool("query.it"), (string?)schema)));
        errors.ShouldBeEmpty();
        count.ShouldBe(schemas.Length);
    }

    [Theory]
    [InlineData("{ id title }", "{ id title }")]
    [InlineData("id", "{ id }")]
    [InlineData("{id,title # comment\n}", "{ id title }")]
    [InlineData("{ kind: __typename short: title(max: 3) }", "{ kind: __typename short: title(max: 3) }")]
    [InlineData("{ comments(first: 2, order: {by: OPEN}) { body } }", "{ comments(first: 2, order: {by: OPEN}) { body } }")]
    [InlineData("{ author { friends { friends { name } } } }", "{ author { friends { friends { name } } } }")]
    [InlineData("{ ... on Node { id } ... { title } ... on Issue { state } }", "{ ... on Node { id } ... { title } ... on Issue { state } }")]
    public void a_selection_is_read_checked_and_printed_anew(string text, string printed) => Check(text).Text.ShouldBe(printed);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{ }")]
    [InlineData("{ id")]
    [InlineData("{ id } }")]
    [InlineData("{ id } { title }")]
    [InlineData("id } mutation { x")]
    [InlineData("{ id } mutation { deleteAll }")]
    [InlineData("} mutation M { deleteAll }")]
    [InlineData("query { id }")]
    [InlineData("{ nothing }")]
    [InlineData("{ author }")]
    [InlineData("{ author { } }")]
    [InlineData("{ id { x } }")]
    [InlineData("{ title(max: $v) }")]
    [InlineData("{ title(max: \"3\") }")]
    [InlineData("{ title(max: 3000000000) }")]
    [InlineData("{ title(min: 3) }")]
    [InlineData("{ title(max: 1, max: 2) }")]
    [InlineData("{ title() }")]
    [InlineData("{ comments { body } }")]
    [InlineData("{ comments(first: 1, order: {by: RED}) { body } }")]
    [InlineData("{ comments(first: 1, order: {direction: 2}) { body } }")]
    [InlineData("{ comments(first: 1, order: {by: OPEN, more: 2}) { body } }")]
    [InlineData("{ id @include(if: true) }")]
    [InlineData("{ ... @skip(if: false) { id } }")]
    [InlineData("{ author @defer { name } }")]
    [InlineData("{ ...F }")]
    [InlineData("{ ...F } fragment F on Issue { id }")]
    [InlineData("{ ... on Person { name } }")]
    [InlineData("{ ... on State { name } }")]
    [InlineData("{ ... on Nothing { id } }")]
    [InlineData("{ ... on Query { issue { id } } }")]
    [InlineData("{ __schema { types { name } } }")]
    [InlineData("{ __type(name: \"Issue\") { name } }")]
    [InlineData("{ __typename: id }")]
    [InlineData("{ __typename { x } }")]
    [InlineData("{ whole { issue { id } } }")]
    [InlineData("{ id \u0000 }")]
    [InlineData("{ \"id\" }")]
    [InlineData("{ id: }")]
    [InlineData("{ a: b: id }")]
    public void a_hostile_or_wrong_selection_is_refused_with_a_reason(string text)
    {
        var read = Check(text);
        read.Text.ShouldBeNull();
        read.Fault.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public void selections_beyond_the_bounds_are_refused()
    {
        Check(string.Concat(Enumerable.Repeat("{ author ", 1)) + Nested(SelectionText.MaxDepth - 2) + " }").Text.ShouldNotBeNull();
        Check(string.Concat(Enumerable.Repeat("{ author ", 1)) + Nested(SelectionText.MaxDepth) + " }").Fault!.ShouldContain("levels");
        Check("{ " + string.Concat(Enumerable.Repeat("id ", SelectionText.MaxNodes)) + "}").Text.ShouldNotBeNull();
        Check("{ " + string.Concat(Enumerable.Repeat("id ", SelectionText.MaxNodes + 1)) + "}").Fault!.ShouldContain("fields");
        Check("{ id " + new string(' ', SelectionText.MaxLength) + "}").Fault!.ShouldContain("characters");
        Check("{ comments(first: 1, order: {by: " + new string('[', 3_000) + "}) { body } }").Fault!.ShouldContain("levels");
        Check(new string('{', 8_000)).Fault.ShouldNotBeNull();
    }

    [Fact]
    public void any_text_is_refused_or_printed_as_one_selection()
    {
        var words = Gen.Elements(
            "{", "}", "(", ")", "id", "title", "author", "name", "comments", "first", ":", "1", "\"x\"", "...", "on", "Issue", "Query", "@", "$", "mutation", "query",
            "#", "\n", ",", "[", "]", "!", "\"\"\"", "\\", "__typename", "fragment", "\"}\"");
        Prop.ForAll(words.ListOf().ToArbitrary(), parts =>
        {
            var read = Check(string.Join(' ', parts));
            if (read.Text is { } text)
            {
                Check(text).Text.ShouldBe(text);
                Depths(text).ShouldBe((0, 0));
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Any graph of types: cycles, dead ends and unions included, the same names with different types on every side.</summary>
    private static Gen<string> Schemas =>
        from count in Gen.Choose(1, 7)
        from shape in Gen.Choose(0, 5).ListOf(count * 6)
        from kinds in Gen.Choose(0, 4).ListOf(count)
        select Schema(count, [.. shape], [.. kinds]);

    private static string Nested(int depth) => depth == 0 ? "{ name }" : $"{{ friends {Nested(depth - 1)} }}";

    private static CheckedSelection Check(string text)
    {
        var binding = Api.Import(Tracker).Tool("query.issue").Binding();
        return SelectionText.Check(binding.Types.Schema, binding.ReturnType, text);
    }

    /// <summary>Where the braces end, and whether they closed before the end: a selection that broke out of its place would.</summary>
    private static (int End, int Early) Depths(string text)
    {
        var (depth, early, quoted) = (0, 0, false);
        for (var i = 0; i < text.Length; i++)
        {
            quoted ^= text[i] == '"';
            depth += quoted ? 0 : text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            early += depth == 0 && i < text.Length - 1 ? 1 : 0;
        }

        return (depth, early);
    }

    private static string Schema(int count, int[] shape, int[] kinds)
    {
        var text = new StringBuilder("type Query { it: [T0!] }");
        for (var i = 0; i < count; i++)
        {
            var members = Enumerable.Range(0, 6).Select(j => shape[(i * 6) + j]).ToArray();
            var objects = Enumerable.Range(0, count).Where(k => kinds[k] < 3).Select(k => $"T{k}").ToArray();
            if (kinds[i] == 3 && objects.Length > 0)
            {
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $" union T{i} = {string.Join('|', objects)}");
                continue;
            }

            var fields = members.Select((member, j) => member switch
            {
                0 => $"f{j}: Int",
                1 => $"f{j}: String!",
                2 => $"f{j}(a: Int): Int @deprecated",
                _ => $"f{j}: T{(i + (member * (j + 1))) % count}{(member == 3 ? "!" : "")}",
            });
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $" type T{i} {{ {string.Join(' ', fields)} }}");
        }

        return text.ToString();
    }
}
