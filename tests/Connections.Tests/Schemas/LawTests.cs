using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.Schemas;

/// <summary>Laws.</summary>
public sealed class LawTests
{
    [Fact]
    public void the_validator_agrees_with_a_naive_one()
    {
        var (agreed, accepted) = (0, 0);
        var cases = from schema in Schemas(3) from value in Values(3) select (schema, value);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(Arb.From(cases), one =>
        {
            var expected = Naive(JsonNode.Parse(one.schema)!, JsonNode.Parse(one.value));
            agreed++;
            accepted += expected ? 1 : 0;
            var faults = Schema.Of(one.schema).Validate(Encoding.UTF8.GetBytes(one.value).AsMemory());
            return (faults.Count == 0) == expected;
        }));
        accepted.ShouldBeInRange(agreed / 10, agreed * 9 / 10);
    }

    [Fact]
    public void numbers_compare_as_what_they_say()
    {
        var number = from mantissa in Gen.Choose(-5_000, 5_000) from exponent in Gen.Choose(-6, 6) select (mantissa, exponent);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3_000), Prop.ForAll(Arb.From(from a in number from b in number select (a, b)), pair =>
        {
            var (left, right) = (Scaled(pair.a), Scaled(pair.b));
            var (x, y) = (Exact(pair.a), Exact(pair.b));
            return Math.Sign(x.CompareTo(y)) == left.CompareTo(right) && x.Equals(y) == (left == right)
                && x.IsInteger == (left % 1_000_000 == 0) && (right <= 0 || x.IsMultipleOf(y) == (left % right == 0))
                && ExactNumber.Parse(x.ToString())!.Value.Equals(x);
        }));

        static BigInteger Scaled((int Mantissa, int Exponent) number) => number.Mantissa * BigInteger.Pow(10, number.Exponent + 6);
        static ExactNumber Exact((int Mantissa, int Exponent) number) =>
            ExactNumber.Parse(string.Create(CultureInfo.InvariantCulture, $"{number.Mantissa}e{number.Exponent}"))!.Value;
    }

    private static Gen<string> Values(int depth)
    {
        var leaf = Gen.Elements("null", "true", "0", "1", "1.0", "2", "1.5", "-3", "\"\"", "\"a\"", "\"abc\"");
        if (depth == 0)
        {
            return leaf;
        }

        var name = Gen.Elements("a", "b", "c");
        var members = (from key in name from value in Values(depth - 1) select (key, value)).ListOf().Resize(4);
        return Gen.Frequency(
            (3, leaf), (2, Values(depth - 1).ListOf().Resize(4).Select(items => $"[{string.Join(',', items.Take(3))}]")),
            (3, members.Select(list => $"{{{string.Join(',', list.DistinctBy(one => one.key).Select(one => $"\"{one.key}\":{one.value}"))}}}")));
    }

    private static Gen<string> Schemas(int depth)
    {
        var leaf = Gen.Elements(
            "\"type\":\"string\"", "\"type\":\"integer\"", "\"type\":[\"object\",\"null\"]", "\"type\":\"array\"", "\"enum\":[1,\"a\",null]", "\"minimum\":1", "\"maximum\":1.5",
            "\"maxLength\":1", "\"minLength\":1", "\"required\":[\"a\"]", "\"additionalProperties\":false", "\"minItems\":1", "\"maxProperties\":1");
        var keyword = depth == 0 ? leaf : Gen.Frequency(
            (4, leaf),
            (1, from inner in Schemas(depth - 1) select $"\"not\":{inner}"),
            (1, from inner in Schemas(depth - 1) select $"\"items\":{inner}"),
            (2, from a in Schemas(depth - 1) from b in Schemas(depth - 1) select $"\"properties\":{{\"a\":{a},\"b\":{b}}}"),
            (1, from a in Schemas(depth - 1) from b in Schemas(depth - 1) select $"\"anyOf\":[{a},{b}]"),
            (1, from a in Schemas(depth - 1) from b in Schemas(depth - 1) select $"\"oneOf\":[{a},{b}]"),
            (1, from a in Schemas(depth - 1) from b in Schemas(depth - 1) select $"\"allOf\":[{a},{b}]"),
            (1, from a in Schemas(depth - 1) from b in Schemas(depth - 1) from c in Schemas(depth - 1) select $"\"if\":{a},\"then\":{b},\"else\":{c}"));
        return keyword.ListOf().Resize(5).Select(keywords => $"{{{string.Join(',', keywords.DistinctBy(one => one.Split(':')[0]).Take(3))}}}");
    }

    /// <summary>The specification word by word, slowly.</summary>
    private static bool Naive(JsonNode schema, JsonNode? value)
    {
        var number = value?.GetValueKind() == System.Text.Json.JsonValueKind.Number ? value.GetValue<decimal>() : (decimal?)null;
        var text = value?.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : null;
        return schema.AsObject().All(keyword => keyword.Key switch
        {
            "type" => (keyword.Value is JsonArray list ? list.Select(one => one!.GetValue<string>()) : [keyword.Value!.GetValue<string>()]).Any(type => type switch
            {
                "string" => text is not null,
                "integer" => number is { } n && decimal.Truncate(n) == n,
                "object" => value is JsonObject,
                "array" => value is JsonArray,
                _ => value is null,
            }),
            "enum" => keyword.Value!.AsArray().Any(one => one is null ? value is null : one.GetValueKind() == value?.GetValueKind() && JsonNode.DeepEquals(one, value)),
            "minimum" => number is null || number >= keyword.Value!.GetValue<decimal>(),
            "maximum" => number is null || number <= keyword.Value!.GetValue<decimal>(),
            "maxLength" => text is null || text.Length <= keyword.Value!.GetValue<int>(),
            "minLength" => text is null || text.Length >= keyword.Value!.GetValue<int>(),
            "required" => value is not JsonObject o || keyword.Value!.AsArray().All(name => o.ContainsKey(name!.GetValue<string>())),
            "additionalProperties" => value is not JsonObject o || o.All(member => (schema["properties"] as JsonObject)?.ContainsKey(member.Key) == true),
            "minItems" => value is not JsonArray a || a.Count >= keyword.Value!.GetValue<int>(),
            "maxProperties" => value is not JsonObject o || o.Count <= keyword.Value!.GetValue<int>(),
            "not" => !Naive(keyword.Value!, value),
            "items" => value is not JsonArray a || a.All(item => Naive(keyword.Value!, item)),
            "properties" => value is not JsonObject o || keyword.Value!.AsObject().All(property => !o.ContainsKey(property.Key) || Naive(property.Value!, o[property.Key])),
            "anyOf" => keyword.Value!.AsArray().Any(branch => Naive(branch!, value)),
            "oneOf" => keyword.Value!.AsArray().Count(branch => Naive(branch!, value)) == 1,
            "allOf" => keyword.Value!.AsArray().All(branch => Naive(branch!, value)),
            "if" => Naive(Naive(keyword.Value!, value) ? schema["then"]! : schema["else"]!, value),
            _ => true,
        });
    }
}
