using System.Text;
using System.Text.Json.Nodes;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>Each rule outside schemas: a valid manifest with exactly one thing broken gives exactly one fault, with its pointer and code.</summary>
public sealed class ManifestValidatorTests
{
    [Fact]
    public void The_fixture_is_valid()
    {
        var manifest = Manifests.Valid();
        (manifest.Id, manifest.Version, manifest.Tools.Length).ShouldBe(("calendar-sync", "1.4.0", 2));
        manifest.Service.AllowedHosts.ShouldBe(["calendar.example.com", "files.example.com"]);
        manifest.Tools.Select(tool => (tool.Name, tool.Destructive, tool.ReadOnly)).ShouldBe([("create_event", false, false), ("list_events", false, true)]);
    }

    [Theory]
    [InlineData("/manifestVersion", "2", "unsupported_manifest_version")]
    [InlineData("/manifestVersion", "\"1\"", "unsupported_manifest_version")]
    [InlineData("/id", "\"Calendar\"", "invalid_id")]
    [InlineData("/id", "\"a--b\"", "invalid_id")]
    [InlineData("/id", "\"a-\"", "invalid_id")]
    [InlineData("/id", "\"a_b\"", "invalid_id")]
    [InlineData("/id", "\"calendar\\n\"", "invalid_id")]
    [InlineData("/id", "\"mcp\"", "reserved_id")]
    [InlineData("/id", "\"toolgate\"", "reserved_id")]
    [InlineData("/id", "\"plugins\"", "reserved_id")]
    [InlineData("/id", "7", "wrong_type")]
    [InlineData("/version", "\"1.4\"", "invalid_version")]
    [InlineData("/version", "\"01.4.0\"", "invalid_version")]
    [InlineData("/version", "\"1.4.0-01\"", "invalid_version")]
    [InlineData("/version", "\"v1.4.0\"", "invalid_version")]
    [InlineData("/version", "\"1.4.0\\n\"", "invalid_version")]
    [InlineData("/version", "\"1.4.\\u0661\"", "invalid_version")]
    [InlineData("/displayName", "\"  \"", "invalid_text")]
    [InlineData("/displayName", "\"a\\nb\"", "invalid_text")]
    [InlineData("/displayName", "\"a\\u202eb\"", "invalid_text")]
    [InlineData("/displayName", "\"a\\u200bb\"", "invalid_text")]
    [InlineData("/description", "\"a\\u0000b\"", "invalid_text")]
    [InlineData("/description", "\"a\\u2066b\"", "invalid_text")]
    [InlineData("/capabilities", "[]", "capability_missing")]
    [InlineData("/capabilities/-", "\"mcp:prompts\"", "unknown_capability")]
    [InlineData("/capabilities/-", "\"mcp:tools\"", "duplicate")]
    [InlineData("/capabilities/-", "1", "wrong_type")]
    [InlineData("/capabilities", "\"mcp:tools\"", "wrong_type")]
    [InlineData("/publisher", "\"acme\"", "unknown_member")]
    [InlineData("/mcptools", "[]", "unknown_member")]
    [InlineData("/service/baseUrl", "\"http://calendar.example.com\"", "insecure_url")]
    [InlineData("/service/baseUrl", "\"ftp://calendar.example.com\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://user:pw@calendar.example.com\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com?a=1\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com/#a\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com/a/../b\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com/a//b\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com/a%2fb\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com\\\\b\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://calendar.example.com./\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"/relative\"", "invalid_url")]
    [InlineData("/service/baseUrl", "\"https://other.example.com\"", "host_not_allowed")]
    [InlineData("/service/allowedHosts/-", "\"*.example.com\"", "invalid_host")]
    [InlineData("/service/allowedHosts/-", "\"https://example.com\"", "invalid_host")]
    [InlineData("/service/allowedHosts/-", "\"example.com:443\"", "invalid_host")]
    [InlineData("/service/allowedHosts/-", "\"Example.com\"", "invalid_host")]
    [InlineData("/service/allowedHosts/-", "\"10.0.0.1\"", "private_address")]
    [InlineData("/service/allowedHosts/-", "\"8.8.8.8\"", "private_address")]
    [InlineData("/service/allowedHosts/-", "\"localhost\"", "private_address")]
    [InlineData("/service/allowedHosts/-", "\"metadata.google.internal\"", "private_address")]
    [InlineData("/service/allowedHosts/-", "\"calendar.example.com\"", "duplicate")]
    [InlineData("/service/proxy", "\"x\"", "unknown_member")]
    [InlineData("/service/auth/type", "\"digest\"", "invalid_auth_type")]
    [InlineData("/service/auth/secretRef", "\"has blanks\"", "invalid_name")]
    [InlineData("/service/auth/token", "\"hunter2hunter2\"", "inline_secret")]
    [InlineData("/service/auth/password", "\"hunter2hunter2\"", "inline_secret")]
    [InlineData("/service/auth/header", "\"X-Key\"", "unknown_member")]
    [InlineData("/routes/0/name", "\"a//b\"", "invalid_name", "/mcpTools/0/route")]
    [InlineData("/routes/1/name", "\"events/create\"", "duplicate", "/mcpTools/1/route")]
    [InlineData("/routes/0/method", "\"post\"", "invalid_method")]
    [InlineData("/routes/0/method", "\"TRACE\"", "invalid_method")]
    [InlineData("/routes/0/path", "\"v1/x\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1//x\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/../x\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/%2e%2e/x\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/a%2Fb\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1?x\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1#x\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/{calendar\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/{calendar}/{calendar}\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/{}\"", "invalid_path")]
    [InlineData("/routes/0/path", "\"/v1/ x\"", "invalid_path")]
    [InlineData("/routes/0/timeoutMs", "0", "invalid_timeout")]
    [InlineData("/routes/0/timeoutMs", "300001", "invalid_timeout")]
    [InlineData("/routes/0/timeoutMs", "1.5", "invalid_timeout")]
    [InlineData("/routes/0/timeoutMs", "\"1\"", "invalid_timeout")]
    [InlineData("/routes/0/public", "\"yes\"", "wrong_type")]
    [InlineData("/routes/0/arguments", "\"header\"", "invalid_arguments_place")]
    [InlineData("/routes/1/arguments", "\"body\"", "body_not_allowed")]
    [InlineData("/routes/0/permission", "\"x\"", "unknown_member")]
    [InlineData("/routes/-", "1", "wrong_type", "/routes/2")]
    [InlineData("/mcpTools/0/name", "\"create-event\"", "invalid_name")]
    [InlineData("/mcpTools/0/name", "\"create__event\"", "invalid_name")]
    [InlineData("/mcpTools/0/name", "\"create_event\\n\"", "invalid_name")]
    [InlineData("/mcpTools/1/name", "\"create_event\"", "duplicate")]
    [InlineData("/mcpTools/0/title", "\"\"", "invalid_text")]
    [InlineData("/mcpTools/0/description", "\"\"", "invalid_text")]
    [InlineData("/mcpTools/0/description", "5", "wrong_type")]
    [InlineData("/mcpTools/0/route", "\"events/none\"", "unknown_route")]
    [InlineData("/mcpTools/0/route", "\"constructor\"", "unknown_route")]
    [InlineData("/mcpTools/0/route", "\"__proto__\"", "unknown_route")]
    [InlineData("/mcpTools/1/destructive", "true", "contradictory_hints")]
    [InlineData("/mcpTools/0/readOnly", "\"no\"", "wrong_type")]
    [InlineData("/mcpTools/0/annotations", "{}", "unknown_member")]
    [InlineData("/mcpTools/0/inputSchema/required", "[\"title\"]", "path_parameter_unbound", "/mcpTools/0/inputSchema")]
    [InlineData("/mcpTools/1/inputSchema/properties/tags", "{\"type\":\"object\"}", "query_needs_scalars")]
    [InlineData("/mcpTools/1/inputSchema/properties/tags", "{\"type\":\"array\",\"items\":{\"type\":\"array\"}}", "query_needs_scalars")]
    public void One_broken_thing_is_one_fault(string pointer, string json, string code, string? at = null)
    {
        var reading = Manifests.Read(Manifests.With(manifest => manifest.Set(pointer, json)));
        reading.Manifest.ShouldBeNull();

        // Breaking the only route of a tool by its name breaks the tool's reference to it as well: that fault is expected beside it.
        var expected = at is { } also && also.EndsWith("/route", StringComparison.Ordinal) ? pointer : at ?? Resolved(pointer);
        reading.Faults.Where(fault => !(at is not null && fault.Pointer == at && fault.Code == "unknown_route")).Select(fault => (fault.Pointer, fault.Code)).ShouldBe([(expected, code)]);
        reading.Faults.ShouldAllBe(fault => !fault.Message.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/manifestVersion")]
    [InlineData("/id")]
    [InlineData("/version")]
    [InlineData("/displayName")]
    [InlineData("/description")]
    [InlineData("/capabilities")]
    [InlineData("/service")]
    [InlineData("/service/baseUrl")]
    [InlineData("/service/auth")]
    [InlineData("/service/auth/type")]
    [InlineData("/mcpTools")]
    [InlineData("/routes/0/method")]
    [InlineData("/routes/0/path")]
    [InlineData("/routes/0/arguments")]
    [InlineData("/mcpTools/0/name")]
    [InlineData("/mcpTools/0/description")]
    [InlineData("/mcpTools/0/route")]
    [InlineData("/mcpTools/0/inputSchema")]
    public void What_is_missing_is_one_fault(string pointer)
    {
        var reading = Manifests.Read(Manifests.With(manifest =>
        {
            manifest.Drop(pointer);
            if (pointer == "/service/auth/type")
            {
                manifest.Drop("/service/auth/secretRef");
            }
        }));
        reading.Faults.Where(fault => fault.Code != "unknown_route").Select(fault => (fault.Pointer, fault.Code)).ShouldBe([(pointer, "required")]);
    }

    [Theory]
    [InlineData("/service/allowedHosts")]
    [InlineData("/service/auth/secretRef")]
    [InlineData("/routes/1/public")]
    [InlineData("/routes/0/timeoutMs")]
    [InlineData("/mcpTools/0/title")]
    [InlineData("/mcpTools/0/outputSchema")]
    [InlineData("/mcpTools/0/destructive")]
    [InlineData("/mcpTools/1/readOnly")]
    public void What_may_be_missing_may_be_null_too(string pointer)
    {
        Manifests.Valid(Manifests.With(manifest => manifest.Drop(pointer)));
        Manifests.Valid(Manifests.With(manifest => manifest.Set(pointer, "null")));
    }

    [Fact]
    public void What_the_author_does_not_say_counts_as_destructive_and_as_writing()
    {
        var tool = Manifests.Valid(Manifests.With(manifest => manifest.Drop("/mcpTools/0/destructive"))).Tools[0];
        (tool.Destructive, tool.ReadOnly).ShouldBe((true, false));
    }

    [Theory]
    [InlineData("""{ "type": "none" }""", null)]
    [InlineData("""{ "type": "basic" }""", null)]
    [InlineData("""{ "type": "header", "header": "X-Api-Key" }""", null)]
    [InlineData("""{ "type": "header" }""", "/service/auth/header required")]
    [InlineData("""{ "type": "header", "header": "Host" }""", "/service/auth/header invalid_header")]
    [InlineData("""{ "type": "header", "header": "X Y" }""", "/service/auth/header invalid_header")]
    [InlineData("""{ "type": "header", "header": "toolgate-principal" }""", "/service/auth/header invalid_header")]
    [InlineData("""{ "type": "oauth2-client", "tokenUrl": "https://login.example.com/token", "scopes": ["a", "b"] }""", null)]
    [InlineData("""{ "type": "oauth2-client" }""", "/service/auth/tokenUrl required")]
    [InlineData("""{ "type": "oauth2-client", "tokenUrl": "http://login.example.com/token" }""", "/service/auth/tokenUrl insecure_url")]
    [InlineData("""{ "type": "oauth2-client", "tokenUrl": "https://login.example.com/token", "scopes": ["a b"] }""", "/service/auth/scopes/0 invalid_name")]
    [InlineData("""{ "type": "oauth2-client", "tokenUrl": "https://login.example.com/token", "clientSecret": "hunter2" }""", "/service/auth/clientSecret inline_secret")]
    public void Every_kind_of_authentication_has_its_members(string auth, string? fault)
        => string.Join('\n', Manifests.Read(Manifests.With(manifest => manifest.Set("/service/auth", auth))).Faults.Select(found => $"{found.Pointer} {found.Code}")).ShouldBe(fault ?? "");

    [Fact]
    public void All_faults_are_found_at_once_in_the_order_of_the_rules()
    {
        var reading = Manifests.Read(Manifests.With(manifest =>
        {
            manifest.Set("/id", "\"A\"");
            manifest.Set("/service/baseUrl", "\"nowhere\"");
            manifest.Set("/routes/0/method", "\"X\"");
            manifest.Set("/mcpTools/1/name", "\"X\"");
            manifest.Set("/extra", "1");
        }));
        reading.Faults.Select(fault => (fault.Pointer, fault.Code)).ShouldBe(
        [
            ("/id", "invalid_id"), ("/service/baseUrl", "invalid_url"), ("/routes/0/method", "invalid_method"), ("/mcpTools/1/name", "invalid_name"), ("/extra", "unknown_member"),
        ]);
    }

    [Theory]
    [InlineData("", "malformed_json")]
    [InlineData("{", "malformed_json")]
    [InlineData("{} {}", "malformed_json")]
    [InlineData("{'a':1}", "malformed_json")]
    [InlineData("[]", "wrong_type")]
    [InlineData("null", "wrong_type")]
    [InlineData("\"x\"", "wrong_type")]
    public void What_is_no_json_object_is_no_manifest(string text, string code)
        => Manifests.Read(text).Faults.ShouldHaveSingleItem().Code.ShouldBe(code);

    [Fact]
    public void Bytes_that_are_no_utf_8_are_no_json() => Manifests.Strict.Read(new byte[] { 0x7b, 0xff, 0x7d }).Faults.ShouldHaveSingleItem().Code.ShouldBe("malformed_json");

    [Theory]
    [InlineData("\"version\": \"1.4.0\",", "\"version\": \"1.4.0\", \"version\": \"1.4.0\",", "/version")]
    [InlineData("\"version\": \"1.4.0\",", "\"version\": \"1.4.0\", \"ver\\u0073ion\": \"9.9.9\",", "/version")]
    [InlineData("\"title\": \"Create event\",", "\"title\": \"Create event\", \"title\": \"Other\",", "/mcpTools/0/title")]
    [InlineData("\"minLength\": 1, \"maxLength\": 50,", "\"minLength\": 1, \"maxLength\": 50, \"minLength\": 9,", "/mcpTools/0/inputSchema/properties/calendar/minLength")]
    public void A_member_that_stands_twice_is_refused_at_any_depth(string text, string doubled, string pointer)
    {
        var fault = Manifests.Read(Once(text, doubled)).Faults.ShouldHaveSingleItem();
        (fault.Pointer, fault.Code).ShouldBe((pointer, "duplicate_member"));
    }

    [Theory]
    [InlineData("\"Create event\"", "\"\\ud800\"", "/mcpTools/0/title", "invalid_unicode")]
    [InlineData("\"minimum\": 5", "\"minimum\": 9007199254740993", "/mcpTools/0/inputSchema/properties/minutes/minimum", "number_out_of_range")]
    [InlineData("\"minimum\": 5", "\"minimum\": 1e400", "/mcpTools/0/inputSchema/properties/minutes/minimum", "number_out_of_range")]
    [InlineData("\"minimum\": 5", "\"minimum\": 5.0000000000000000001", "/mcpTools/0/inputSchema/properties/minutes/minimum", "number_out_of_range")]
    public void Text_and_numbers_that_readers_read_differently_are_refused(string text, string replaced, string pointer, string code)
    {
        var fault = Manifests.Read(Once(text, replaced)).Faults.ShouldHaveSingleItem();
        (fault.Pointer, fault.Code).ShouldBe((pointer, code));
    }

    [Fact]
    public void Names_that_mean_something_to_javascript_are_ordinary_names()
    {
        var manifest = Manifests.Valid(Manifests.With(manifest =>
        {
            manifest.Set("/id", "\"constructor\"");
            manifest.Set("/routes/1/name", "\"constructor\"");
            manifest.Set("/mcpTools/1/route", "\"constructor\"");
            manifest.Set("/mcpTools/1/name", "\"constructor\"");
            manifest.At("/mcpTools/1/inputSchema/properties")["__proto__"] = JsonNode.Parse("""{"type":"string"}""");
        }));
        manifest.Tools[0].Name.ShouldBe("constructor");
        Encoding.UTF8.GetString(manifest.Tools[0].InputSchema.Span).ShouldContain("__proto__");
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/api", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://calendar.corp.internal", true)]
    [InlineData("https://[::1]", true)]
    [InlineData("http://169.254.169.254", false)]
    [InlineData("http://metadata.google.internal", false)]
    public void Where_the_operator_allows_private_networks_local_services_may_be_named(string url, bool allowed)
    {
        var manifest = Manifests.With(manifest =>
        {
            manifest.Drop("/service/allowedHosts");
            manifest.Set("/service/baseUrl", $"\"{url}\"");
        });
        var bytes = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        Manifests.Open.Read(bytes).Faults.IsEmpty.ShouldBe(allowed);
        Manifests.Strict.Read(bytes).Faults.ShouldHaveSingleItem().Code.ShouldBe("private_address");
    }

    [Fact]
    public void An_allowed_network_opens_its_own_addresses_and_no_others()
    {
        var validator = Manifests.Validator(new EgressOptions { AllowedNetworks = ["10.20.0.0/16"] });
        Read("http://10.20.1.2").Faults.ShouldBeEmpty();
        Read("http://10.21.1.2").Faults.ShouldHaveSingleItem().Code.ShouldBe("private_address");
        ManifestReading Read(string url) => validator.Read(Encoding.UTF8.GetBytes(Manifests.With(manifest =>
        {
            manifest.Drop("/service/allowedHosts");
            manifest.Set("/service/baseUrl", $"\"{url}\"");
        }).ToJsonString()));
    }

    private static string Once(string text, string replaced)
    {
        Manifests.Calendar.ShouldContain(text);
        return Manifests.Calendar.Replace(text, replaced, StringComparison.Ordinal);
    }

    /// <summary>The pointer of an appended element.</summary>
    private static string Resolved(string pointer)
        => pointer.EndsWith("/-", StringComparison.Ordinal) ? $"{pointer[..^1]}{Manifests.With(_ => { }).At(pointer[..^2]).AsArray().Count}" : pointer;
}
