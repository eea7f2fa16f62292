using System.Net;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;

namespace Toolgate.Acceptance.Tests;

/// <summary>The official clients sign in by themselves with the toolkit's URL alone; a person answers the question.</summary>
public sealed class ClientsSignInTests(World world) : IClassFixture<World>
{
    private const string Redirect = "http://127.0.0.1:43117/callback";

    [Theory]
    [InlineData("v1", false, false)]
    [InlineData("v1", true, false)]
    [InlineData("v1", true, true)]
    [InlineData("v2", false, false)]
    [InlineData("v2", true, false)]
    [InlineData("v2", true, true)]
    public async Task a_typescript_client_signs_in_and_refreshes(string sdk, bool registeredBefore, bool confidential)
    {
        using var person = await Person.Join(world);
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        var (id, secret) = registeredBefore ? await Registered(confidential) : (null, null);
        await using var client = await NodeClient.Start("oauth.mjs", null);

        var asked = await client.Command("connect", new { url = world.Url(kit.Path), sdk, clientId = id, clientSecret = secret });
        var told = await person.Answer(asked.GetProperty("authorizationUrl").GetString()!);
        (await client.Command("finish", new { code = told.Code, iss = told.Issuer })).GetProperty("connected").GetBoolean().ShouldBeTrue();
        (await client.Command("list")).GetArrayLength().ShouldBeGreaterThan(0);

        var before = (await client.Command("tokens")).GetProperty("access_token").GetString();
        await client.Command("expire");
        (await client.Command("list")).GetArrayLength().ShouldBeGreaterThan(0);
        (await client.Command("tokens")).GetProperty("access_token").GetString().ShouldNotBeOneOf(before, "tgo_expired");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task the_csharp_client_signs_in(bool registeredBefore, bool confidential)
    {
        using var person = await Person.Join(world);
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        var (id, secret) = registeredBefore ? await Registered(confidential) : (null, null);
        await using var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(world.Url(kit.Path)),
            TransportMode = HttpTransportMode.StreamableHttp,
            OAuth = new ClientOAuthOptions
            {
                RedirectUri = new Uri(Redirect),
                ClientId = id,
                ClientSecret = secret,
                DynamicClientRegistration = new DynamicClientRegistrationOptions { ClientName = "Acceptance client" },
                AuthorizationCallbackHandler = async (context, _) =>
                {
                    var told = await person.Answer(context.AuthorizationUri.ToString());
                    return new AuthorizationResult { Code = told.Code, State = told.State, Iss = told.Issuer };
                },
            },
        });

        await using var client = await McpClient.CreateAsync(transport);

        (await client.ListToolsAsync()).ShouldNotBeEmpty();
    }

    private async Task<(string Id, string? Secret)> Registered(bool confidential)
    {
        var client = (await world.Owner.Post("/api/clients", new { name = "Known before", redirectUris = new[] { Redirect }, confidential })).Expect((int)HttpStatusCode.Created).Json;
        return (client.GetProperty("id").GetString()!, client.GetProperty("secret").GetString());
    }
}
