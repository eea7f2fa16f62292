using System.Text.Json;

namespace Toolgate.Connections.Tests.Invocation;

/// <summary>What an upstream says back.</summary>
public sealed class SecretMaskTests
{
    private const string Awkward = "pä/s \"w<r>d&'+%é";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void A_secret_is_hidden_in_every_form_in_which_it_comes_back()
    {
        string[] said =
        [
            Awkward, Uri.EscapeDataString(Awkward), LowerHex(Uri.EscapeDataString(Awkward)), System.Net.WebUtility.UrlEncode(Awkward),
            JsonSerializer.Serialize(Awkward)[1..^1], LowerHex(JsonSerializer.Serialize(Awkward)[1..^1]), JsonSerializer.Serialize(Awkward, Relaxed)[1..^1],
            "p\\u00e4/s \\\"w<r>d&'+%\\u00e9", "pä\\/s \\\"w<r>d&'+%é", System.Net.WebUtility.HtmlEncode(Awkward),
        ];
        foreach (var form in said)
        {
            Masked($"bad key: {form}.", Awkward).ShouldBe("bad key: ***.", form);
        }
    }

    [Theory]
    [InlineData("<abcdef>", "<***>")]
    [InlineData("<abc>", "<***>")]
    [InlineData("<abcabcdef>", "<***>")]
    public void A_secret_within_a_longer_one_leaves_no_rest(string text, string shown) => Masked(text, "abc", "abcdef").ShouldBe(shown);

    [Fact]
    public void Secrets_that_overlap_are_both_hidden() => Masked("<abcd>", "abc", "bcd").ShouldBe("<***>");

    [Theory]
    [InlineData(6, "say: ***")]
    [InlineData(5, "say: ")]
    [InlineData(11, "say: ***")]
    [InlineData(14, "say: *** no")]
    public void A_secret_at_the_cut_is_hidden_before_the_cut(int length, string shown)
        => SecretMask.Apply("say: secret no", length, SecretMask.FormsOf(["secret"])).ShouldBe(shown);

    [Fact]
    public void A_long_secret_that_shrinks_pulls_nothing_from_behind_the_cut()
    {
        // Only the beginning of the second one was read: it must not move into what is shown.
        var secret = new string('k', 50) + "!";
        SecretMask.Apply(secret + secret[..20], 51, SecretMask.FormsOf([secret])).ShouldBe("***");
    }

    [Fact]
    public void Text_without_secrets_stays_as_it_is() => Masked("nothing here", "secret").ShouldBe("nothing here");

    private static string Masked(string text, params string[] secrets) => SecretMask.Apply(text, text.Length, SecretMask.FormsOf(secrets));

    private static string LowerHex(string text) => System.Text.RegularExpressions.Regex.Replace(text, "(%|\\\\u)([0-9A-F]{2,4})", match => match.Value.ToLowerInvariant());
}
