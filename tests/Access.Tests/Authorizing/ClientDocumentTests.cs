using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Access.Tests;

public sealed class ClientDocumentTests
{
    private const string Address = "https://client.example/oauth/client.json";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("https://client.example/client.json")]
    [InlineData("https://client.example:8443/a")]
    [InlineData("https://claude.ai/oauth/claude-code-client-metadata")]
    [InlineData("https://client.example/a/?b=c")]
    public void An_https_address_with_a_path_is_an_id(string id) => ClientDocument.IsAddress(id, out _).ShouldBeTrue();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cli_1234")]
    [InlineData("http://client.example/client.json")]
    [InlineData("https://client.example")]
    [InlineData("https://client.example/")]
    [InlineData("https://client.example/?a=b")]
    [InlineData("https://client.example/a#b")]
    [InlineData("https://client.example/a#")]
    [InlineData("https://user@client.example/a")]
    [InlineData("https://user:secret@client.example/a")]
    [InlineData("https://client.example/a/../b")]
    [InlineData("https://client.example/./b")]
    [InlineData("https://client.example/%2e%2e/b")]
    [InlineData("https://client.example/a\\b")]
    [InlineData("https://client.example/a b")]
    [InlineData("https://client.example:443/a")]
    [InlineData("https://CLIENT.example/a")]
    [InlineData("HTTPS://client.example/a")]
    [InlineData("https:///a")]
    [InlineData("https:client.example/a")]
    [InlineData("javascript:alert(1)")]
    [InlineData(" https://client.example/a")]
    public void Everything_else_is_none(string? id) => ClientDocument.IsAddress(id, out _).ShouldBeFalse();

    [Fact]
    public void A_document_makes_a_public_client()
    {
        var client = Read(Valid()).ShouldNotBeNull();
        (client.Id, client.Name, client.Origin, client.IsConfidential, client.Refreshes).ShouldBe((Address, "Client", null, false, false));
        client.RedirectUris.ShouldBe(["https://client.example/back", "http://127.0.0.1/callback"]);
    }

    [Fact]
    public void A_client_that_wants_refresh_tokens_gets_them()
        => Read(Valid("grant_types", """["authorization_code","refresh_token"]""")).ShouldNotBeNull().Refreshes.ShouldBeTrue();

    [Theory]
    [InlineData("\"none\"", null, true)]
    [InlineData(null, null, true)]
    [InlineData("\"private_key_jwt\"", """["none","private_key_jwt"]""", true)]
    [InlineData(null, """["none"]""", true)]
    [InlineData("\"private_key_jwt\"", null, false)]
    [InlineData("\"private_key_jwt\"", """["private_key_jwt"]""", false)]
    [InlineData("\"client_secret_basic\"", null, false)]
    [InlineData("7", null, false)]
    public void The_way_to_authenticate_is_negotiated(string? preferred, string? supported, bool usable)
    {
        var document = Valid();
        Set(document, "token_endpoint_auth_method", preferred);
        Set(document, "token_endpoint_auth_methods_supported", supported);
        (Read(document) is not null).ShouldBe(usable);
    }

    [Theory]
    [InlineData("client_id", "\"https://client.example/oauth/other.json\"")]
    [InlineData("client_id", "\"https://client.example/oauth/client.json/\"")]
    [InlineData("client_id", null)]
    [InlineData("client_id", "1")]
    [InlineData("client_name", null)]
    [InlineData("client_name", "\" \\u200b \"")]
    [InlineData("client_name", "[\"Client\"]")]
    [InlineData("redirect_uris", null)]
    [InlineData("redirect_uris", "[]")]
    [InlineData("redirect_uris", "\"https://client.example/back\"")]
    [InlineData("redirect_uris", """["https://client.example/back", 1]""")]
    [InlineData("redirect_uris", """["https://client.example/back", "javascript:alert(1)"]""")]
    [InlineData("redirect_uris", """["http://client.example/back"]""")]
    [InlineData("client_secret", "\"everybody reads this\"")]
    [InlineData("client_secret_expires_at", "0")]
    [InlineData("grant_types", """["implicit"]""")]
    [InlineData("grant_types", "\"authorization_code\"")]
    [InlineData("response_types", """["token"]""")]
    public void A_document_that_breaks_one_rule_is_none(string name, string? value)
    {
        var document = Valid();
        Set(document, name, value);
        Read(document).ShouldBeNull();
    }

    [Fact]
    public void A_document_with_too_many_redirects_is_none()
        => Read(Valid("redirect_uris", JsonSerializer.Serialize(Enumerable.Range(0, Client.MaxRedirects + 1).Select(i => $"https://client.example/{i}")))).ShouldBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("<html>")]
    [InlineData("\"text\"")]
    [InlineData("""{"client_id":"https://client.example/oauth/client.json","client_name":"\ud800","redirect_uris":["https://client.example/back"]}""")]
    public void What_is_no_object_is_no_document(string text) => Read(text).ShouldBeNull();

    [Fact]
    public void A_name_that_stands_twice_is_not_read_in_one_way_or_the_other()
        => Read($$"""{"client_id":"https://other.example/a",{{Valid().ToJsonString()[1..]}}""").ShouldBeNull();

    [Fact]
    public void Depth_is_bounded() => Read($$"""{"x":{{new string('[', 100)}}{{new string(']', 100)}},{{Valid().ToJsonString()[1..]}}""").ShouldBeNull();

    private static JsonObject Valid(string? name = null, string? value = null)
    {
        var document = new JsonObject
        {
            ["client_id"] = Address,
            ["client_name"] = "Client",
            ["redirect_uris"] = new JsonArray("https://client.example/back", "http://127.0.0.1/callback"),
        };
        if (name is not null)
        {
            Set(document, name, value);
        }

        return document;
    }

    private static void Set(JsonObject document, string name, string? json)
    {
        document.Remove(name);
        if (json is not null)
        {
            document[name] = JsonNode.Parse(json);
        }
    }

    private static Client? Read(JsonObject document) => Read(document.ToJsonString());

    private static Client? Read(string text)
    {
        var client = ClientDocument.Read(Address, Encoding.UTF8.GetBytes(text), Now, out var fault);
        (fault is null).ShouldBe(client is not null);
        return client;
    }
}
