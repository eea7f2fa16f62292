namespace Toolgate.Connections.Tests.Connecting;

public sealed class CredentialRulesTests
{
    private static readonly AuthTemplate Key = new("key", AuthKind.ApiKey, null, [new Placement(Carrier.Header, "X-Key", Variable: "token")]);
    private static readonly AuthTemplate InQuery = new("query", AuthKind.ApiKey, null, [new Placement(Carrier.Query, "key", Variable: "token")]);
    private static readonly AuthTemplate Basic = new("basic", AuthKind.Basic, null, []);

    [Fact]
    public void Values_that_fill_the_template_exactly_are_fine()
    {
        CredentialRules.Check(Key, Values(("token", "abc 123"))).ShouldBeEmpty();
        CredentialRules.Check(Basic, Values(("username", "ann"), ("password", ""))).ShouldBeEmpty();
        CredentialRules.Check(AuthTemplate.None, Values()).ShouldBeEmpty();
    }

    [Fact]
    public void A_missing_value_is_named() => Single(Key, Values(), "/values/token", "required");

    [Fact]
    public void A_value_that_nobody_asked_for_is_named() => Single(Key, Values(("token", "abc"), ("other/one", "x")), "/values/other~1one", "unknown_variable");

    [Theory]
    [InlineData("a\r\nX-Admin: 1")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\tb")]
    [InlineData("schlüssel")]
    public void A_value_that_would_break_out_of_its_header_is_refused(string value) => Single(Key, Values(("token", value)), "/values/token", "invalid_header_value");

    [Fact]
    public void A_control_character_in_a_query_value_is_refused() => Single(InQuery, Values(("token", "a\nb")), "/values/token", "invalid_value");

    [Fact]
    public void A_query_value_may_hold_any_text() => CredentialRules.Check(InQuery, Values(("token", "schlüssel&x=1"))).ShouldBeEmpty();

    [Fact]
    public void An_empty_value_is_refused() => Single(Key, Values(("token", "")), "/values/token", "empty");

    [Fact]
    public void A_user_name_with_a_colon_would_move_into_the_password() => Single(Basic, Values(("username", "a:b"), ("password", "x")), "/values/username", "invalid_value");

    [Fact]
    public void An_oauth_template_takes_no_pasted_values()
        => Single(new AuthTemplate("oauth-x", AuthKind.OAuth2, null, []), Values(), "/template", "template_unusable");

    [Fact]
    public void No_fault_repeats_a_value()
        => CredentialRules.Check(Key, Values(("token", "canary\n"), ("more", "canary"))).ShouldAllBe(fault => !fault.Detail.Contains("canary"));

    private static void Single(AuthTemplate template, Dictionary<string, CredentialValue> values, string pointer, string code)
    {
        var fault = CredentialRules.Check(template, values).ShouldHaveSingleItem();
        (fault.Pointer, fault.Code).ShouldBe((pointer, code));
    }

    private static Dictionary<string, CredentialValue> Values(params (string Name, string Value)[] values) => values.ToDictionary(pair => pair.Name, pair => new CredentialValue(pair.Value));
}
