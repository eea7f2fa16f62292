using System.Web;

namespace Toolgate.Acceptance.Tests;

/// <summary>A person at a browser who is asked whether a client may act for them.</summary>
internal sealed class Person(Browser browser) : IDisposable
{
    public Browser Browser => browser;

    /// <summary>Somebody who was invited and joined.</summary>
    public static Task<Person> Join(World world, string role = "member") => Join(world, world.Owner, world.Server.BaseAddress, role);

    /// <summary>Somebody who was invited and joined at a host of the deployment.</summary>
    public static async Task<Person> Join(World world, Rest owner, Uri host, string role = "member")
    {
        var invite = (await owner.Post("/api/invites", new { role })).Expect(201).Json.GetProperty("url").GetString()!;
        var (browser, value) = (new Browser(host), HttpUtility.ParseQueryString(new Uri(invite).Query)["invite"]);
        var joined = await browser.Json(
            HttpMethod.Post, "/api/account/sign-up", new { invite = value, name = "Ada", email = world.Unique("ada") + "@example.com", password = "correct horse battery" });
        ((int)joined.Status).ShouldBe(200, joined.Text);
        return new Person(browser);
    }

    /// <summary>Follows a client's link and answers the question; what the client is told.</summary>
    public async Task<Told> Answer(string authorizationUrl, string decision = "allow", string toolkit = "")
    {
        var page = await Question(authorizationUrl);
        ((int)page.Status).ShouldBe(200, page.Text + page.Location);
        var fields = Told.Parameters.Where(name => page.Text.Contains($"name=\"{name}\"", StringComparison.Ordinal)).Select(name => (name, page.Hidden(name)));
        var answered = await browser.Post("/authorize", [.. fields, ("csrf", page.Hidden("csrf")), ("decision", decision), ("toolkit", toolkit)]);
        ((int)answered.Status).ShouldBe(303, answered.Text);
        return Told.At(answered.Location!);
    }

    /// <summary>What a client's link leads to.</summary>
    public async Task<Page> Question(string authorizationUrl) => await browser.Get(new Uri(authorizationUrl).PathAndQuery);

    public void Dispose() => browser.Dispose();
}

/// <summary>What a client is told by a redirect.</summary>
internal sealed record Told(string Uri, string? Code, string? State, string? Issuer, string? Error)
{
    public static readonly string[] Parameters =
        ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "resource"];

    public static Told At(string location)
    {
        var query = HttpUtility.ParseQueryString(new Uri(location).Query);
        return new Told(location, query["code"], query["state"], query["iss"], query["error"]);
    }
}
