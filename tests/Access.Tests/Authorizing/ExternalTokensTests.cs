using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Toolgate.Access.Events;

namespace Toolgate.Access.Tests;

public sealed class ExternalTokensTests : IDisposable
{
    private const string Origin = "https://toolgate.example";
    private const string Resource = Origin + "/mcp/toolkits/notes";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AccessState State = With(
        new Member("usr_ada", MemberKind.Person, "Ada", Role.Admin, Now, Now, 1) { Email = "ada@example.com" },
        new Member("usr_bob", MemberKind.Person, "Bob", Role.Member, Now, Now, 1) { Email = "bob@example.com" });

    private readonly Clock clock = new();
    private readonly TestIssuer issuer = new(Now);
    private ExternalTokens? made;

    private ExternalTokens Tokens => made ??= New(new IssuerOptions { Issuer = TestIssuer.Issuer });

    public void Dispose() => issuer.Dispose();

    [Fact]
    public void A_token_opens_the_endpoint_that_it_names_for_the_member_whose_address_is_verified()
    {
        var principal = Verify(issuer.Sign(issuer.Claims(Resource))).ShouldNotBeNull();
        (principal.Id, principal.Name, principal.Role, principal.Kind).ShouldBe(("usr_ada", "Ada", Role.Admin, CredentialKind.Grant));
        (principal.Audience, principal.ToolkitId, principal.Scopes).ShouldBe(("/mcp/toolkits/notes", null, Scopes.ToolsInvoke | Scopes.ToolsRead));
        Tokens.Find(principal.CredentialId, State).ShouldBe(principal);
    }

    [Theory]
    [InlineData("RS256", "key-1")]
    [InlineData("PS256", "key-1")]
    [InlineData("ES256", "key-1-ec")]
    public void Asymmetric_signatures_are_understood(string algorithm, string key)
    {
        var header = issuer.Header(algorithm);
        header["kid"] = key;
        Verify(issuer.Sign(issuer.Claims(Resource), header)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("typ", "\"JWT\"", true)]
    [InlineData("typ", "\"application/at+jwt\"", true)]
    [InlineData("typ", null, true)]
    [InlineData("kid", null, true)]
    [InlineData("typ", "\"logout+jwt\"", false)]
    [InlineData("alg", "\"none\"", false)]
    [InlineData("alg", "\"HS256\"", false)]
    [InlineData("alg", "\"RS384\"", false)]
    [InlineData("kid", "\"key-2\"", false)]
    [InlineData("kid", "\"key-1-ec\"", false)]
    [InlineData("crit", """["exp"]""", false)]
    public void A_header_is_held_to(string name, string? value, bool opens)
    {
        var header = issuer.Header();
        Set(header, name, value);
        (Verify(issuer.Sign(issuer.Claims(Resource), header)) is not null).ShouldBe(opens);
    }

    [Theory]
    [InlineData("iss", "\"https://other.example\"")]
    [InlineData("iss", "\"https://issuer.example/tenant/\"")]
    [InlineData("iss", null)]
    [InlineData("sub", null)]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", "7")]
    [InlineData("aud", null)]
    [InlineData("aud", "\"https://other.example/mcp\"")]
    [InlineData("aud", "\"https://toolgate.example\"")]
    [InlineData("aud", "\"https://toolgate.example/api\"")]
    [InlineData("aud", "\"https://toolgate.example.evil.example/mcp\"")]
    [InlineData("aud", """["https://toolgate.example/mcp","https://toolgate.example/mcp/toolkits/notes"]""")]
    [InlineData("exp", null)]
    [InlineData("exp", "1")]
    [InlineData("exp", "1767225600")]
    [InlineData("nbf", "1767226000")]
    [InlineData("email", null)]
    [InlineData("email", "\"nobody@example.com\"")]
    [InlineData("email_verified", null)]
    [InlineData("email_verified", "false")]
    [InlineData("email_verified", "\"false\"")]
    [InlineData("email_verified", "1")]
    public void A_claim_that_is_not_right_opens_nothing(string name, string? value)
    {
        var claims = issuer.Claims(Resource);
        Set(claims, name, value);
        Verify(issuer.Sign(claims)).ShouldBeNull();
    }

    [Theory]
    [InlineData("mcp", Scopes.ToolsInvoke | Scopes.ToolsRead)]
    [InlineData("mcp:read", Scopes.ToolsRead)]
    [InlineData("openid", Scopes.None)]
    [InlineData("xmcp", Scopes.None)]
    public void A_scope_says_what_for(string scope, Scopes allowed)
    {
        var claims = issuer.Claims(Resource);
        claims["scope"] = scope;
        Verify(issuer.Sign(claims)).ShouldNotBeNull().Scopes.ShouldBe(allowed);
        claims.Remove("scope");
        claims["scp"] = new JsonArray(scope);
        Verify(issuer.Sign(claims)).ShouldNotBeNull().Scopes.ShouldBe(allowed);
    }

    [Fact]
    public void A_token_that_was_changed_opens_nothing()
    {
        var token = issuer.Sign(issuer.Claims(Resource));
        Verify(token).ShouldNotBeNull();
        var parts = token.Split('.');
        using var other = new TestIssuer(Now);
        var claims = issuer.Claims(Resource);
        claims["sub"] = "sub-2";
        Verify(string.Join('.', parts[0], issuer.Sign(claims).Split('.')[1], parts[2])).ShouldBeNull();
        Verify(other.Sign(issuer.Claims(Resource))).ShouldBeNull("signed by somebody else with the same key id");
        Verify(token + "A").ShouldBeNull();
        Verify(parts[0] + "." + parts[1] + ".").ShouldBeNull();
        Verify(parts[0] + "." + parts[1]).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("ey")]
    [InlineData("ey..")]
    [InlineData("eyJ.eyJ.x")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("tgo_x")]
    public void What_is_no_token_opens_nothing(string token) => Verify(token).ShouldBeNull();

    [Fact]
    public void A_token_of_any_length_is_no_trouble() => Verify("ey" + new string('J', 1_000_000)).ShouldBeNull();

    [Fact]
    public void A_token_ends_when_it_says_and_the_credential_with_the_last_of_them()
    {
        var token = issuer.Sign(issuer.Claims(Resource));
        var id = Verify(token).ShouldNotBeNull().CredentialId;
        var claims = issuer.Claims(Resource);
        claims["exp"] = Now.AddMinutes(20).ToUnixTimeSeconds();
        var renewed = issuer.Sign(claims);
        Verify(renewed).ShouldNotBeNull().CredentialId.ShouldBe(id, "sessions outlive the renewal of a token");

        clock.Now += TimeSpan.FromMinutes(11);
        Verify(token).ShouldBeNull();
        Verify(renewed).ShouldNotBeNull();
        Tokens.Find(id, State).ShouldNotBeNull();
        Tokens.Ends.ShouldBe([Now.AddMinutes(20)]);

        clock.Now += TimeSpan.FromMinutes(10);
        Verify(renewed).ShouldBeNull();
        Tokens.Find(id, State).ShouldBeNull();
    }

    [Theory]
    [InlineData("scope", "mcp:read")]
    [InlineData("client_id", "other")]
    [InlineData("aud", Origin + "/mcp")]
    public void Another_scope_client_or_endpoint_is_another_credential(string name, string value)
    {
        var claims = issuer.Claims(Resource);
        var id = Verify(issuer.Sign(claims))!.CredentialId;
        claims[name] = value;
        Verify(issuer.Sign(claims)).ShouldNotBeNull().CredentialId.ShouldNotBe(id);
    }

    [Fact]
    public void A_member_who_is_gone_is_out_at_once_and_a_role_that_changed_counts_at_once()
    {
        var token = issuer.Sign(issuer.Claims(Resource));
        var id = Verify(token).ShouldNotBeNull().CredentialId;
        var demoted = With(State.Members["usr_ada"] with { Role = Role.Member });
        Tokens.Verify(token, demoted).ShouldNotBeNull().Role.ShouldBe(Role.Member);

        var gone = With(State.Members["usr_bob"]);
        Tokens.Verify(token, gone).ShouldBeNull();
        Tokens.Find(id, gone).ShouldBeNull();
    }

    [Theory]
    [InlineData("usr_bob")]
    [InlineData("bob@example.com")]
    [InlineData("Bob@Example.com")]
    public void A_subject_that_the_operator_maps_is_that_member_whatever_its_address(string member)
    {
        made = New(new IssuerOptions { Issuer = TestIssuer.Issuer, Members = new Dictionary<string, string> { ["sub-1"] = member } });
        Verify(issuer.Sign(issuer.Claims(Resource))).ShouldNotBeNull().Id.ShouldBe("usr_bob");
    }

    [Fact]
    public void A_subject_that_is_mapped_to_nobody_is_nobody()
    {
        made = New(new IssuerOptions { Issuer = TestIssuer.Issuer, Members = new Dictionary<string, string> { ["sub-1"] = "usr_gone" } });
        Verify(issuer.Sign(issuer.Claims(Resource))).ShouldBeNull();
    }

    [Fact]
    public void Who_signed_in_at_the_issuer_before_is_known_by_subject_whatever_the_address_is()
    {
        var linked = With(State.Members["usr_ada"], State.Members["usr_bob"] with { Identity = new MemberIdentity(TestIssuer.Issuer, "sub-1") });
        Tokens.Verify(issuer.Sign(issuer.Claims(Resource)), linked).ShouldNotBeNull().Id.ShouldBe("usr_bob");

        // The address of somebody who is another subject there.
        var claims = issuer.Claims(Resource);
        claims["sub"] = "sub-2";
        claims["email"] = "bob@example.com";
        Tokens.Verify(issuer.Sign(claims), linked).ShouldBeNull();
        Tokens.Verify(issuer.Sign(claims), State).ShouldNotBeNull().Id.ShouldBe("usr_bob");
    }

    [Fact]
    public void Where_addresses_do_not_count_only_mapped_subjects_come_in()
    {
        made = New(new IssuerOptions { Issuer = TestIssuer.Issuer, ByEmail = false });
        Verify(issuer.Sign(issuer.Claims(Resource))).ShouldBeNull();
    }

    [Fact]
    public void An_audience_of_the_whole_deployment_opens_every_endpoint()
    {
        made = New(new IssuerOptions { Issuer = TestIssuer.Issuer, Audience = "api://toolgate" });
        Verify(issuer.Sign(issuer.Claims("api://toolgate"))).ShouldNotBeNull().Audience.ShouldBeNull();
        Verify(issuer.Sign(issuer.Claims(Resource))).ShouldBeNull();
    }

    [Fact]
    public void Keys_that_the_issuer_withdrew_verify_nothing_any_more()
    {
        var token = issuer.Sign(issuer.Claims(Resource));
        Verify(token).ShouldNotBeNull();
        using var next = new TestIssuer(Now) { KeyId = "key-2" };
        Tokens.Issuers[0].Take(next.KeySet()).ShouldBeTrue();

        Verify(token).ShouldBeNull();
        Verify(next.Sign(next.Claims(Resource))).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_token_with_an_unknown_key_has_the_keys_read_again()
    {
        var missed = Tokens.Missed(Tokens.Issuers[0], CancellationToken.None);
        Verify(issuer.Sign(issuer.Claims(Resource))).ShouldNotBeNull();
        missed.IsCompleted.ShouldBeFalse();
        using var next = new TestIssuer(Now) { KeyId = "key-2" };
        Verify(next.Sign(next.Claims(Resource))).ShouldBeNull();
        await missed;
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"key-1"}]}""")]
    [InlineData("<html>")]
    public void A_key_set_without_keys_changes_nothing(string json)
    {
        var token = issuer.Sign(issuer.Claims(Resource));
        Tokens.Issuers[0].Take(json).ShouldBeFalse();
        Verify(token).ShouldNotBeNull();
    }

    [Fact]
    public void Before_its_keys_are_there_an_issuer_opens_nothing()
    {
        var tokens = new ExternalTokens(Options.Create(Settings(new IssuerOptions { Issuer = TestIssuer.Issuer })), clock);
        tokens.Verify(issuer.Sign(issuer.Claims(Resource)), State).ShouldBeNull();
    }

    [Theory]
    [InlineData("https://issuer.example/x", "api", null, true)]
    [InlineData("https://issuer.example/x", null, Origin, true)]
    [InlineData("http://127.0.0.1:8080/realms/x", "api", null, true)]
    [InlineData("https://issuer.example/x", null, null, false)]
    [InlineData("https://issuer.example/x", "", Origin, false)]
    [InlineData("http://issuer.example/x", "api", null, false)]
    [InlineData("https://issuer.example/x?y", "api", null, false)]
    [InlineData("https://u@issuer.example/x", "api", null, false)]
    [InlineData("issuer.example", "api", null, false)]
    [InlineData("", "api", null, false)]
    public void Settings_are_judged_at_start(string address, string? audience, string? publicUrl, bool valid)
    {
        var options = new AccessOptions { PublicUrl = publicUrl, OAuth = new OAuthOptions { Issuers = [new IssuerOptions { Issuer = address, Audience = audience }] } };
        options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)).Any().ShouldBe(!valid);
    }

    private static AccessOptions Settings(IssuerOptions one) => new() { PublicUrl = Origin + "/", OAuth = new OAuthOptions { Issuers = [one] } };

    private static AccessState With(params Member[] members)
        => AccessState.Empty with { Members = AccessState.Empty.Members.AddRange(members.Select(member => KeyValuePair.Create(member.Id, member))) };

    private static void Set(JsonObject target, string name, string? json)
    {
        target.Remove(name);
        if (json is not null)
        {
            target[name] = JsonNode.Parse(json);
        }
    }

    private ExternalTokens New(IssuerOptions one)
    {
        var tokens = new ExternalTokens(Options.Create(Settings(one)), clock);
        tokens.Issuers[0].Take(issuer.KeySet()).ShouldBeTrue();
        return tokens;
    }

    private Principal? Verify(string token) => Tokens.Verify(token, State);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = ExternalTokensTests.Now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
