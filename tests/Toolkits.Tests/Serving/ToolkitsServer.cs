using Toolgate.TestSupport;

namespace Toolgate.Toolkits.Tests;

/// <summary>One server with an owner, two members, an integration <c>shop</c> of four tools, a shared connection and one of Ann's.</summary>
public sealed class ToolkitsServer : IAsyncLifetime
{
    private const string Document = """
        {
          "openapi": "3.0.3",
          "info": {"title": "Shop", "version": "1"},
          "servers": [{"url": "http://127.0.0.1:9"}],
          "paths": {
            "/items": {
              "get": {"tags": ["items"], "operationId": "itemsList", "summary": "Lists what the shop sells.", "responses": {"200": {"description": "ok"}}},
              "post": {"tags": ["items"], "operationId": "itemsCreate", "summary": "Adds an item.", "responses": {"201": {"description": "ok"}}}
            },
            "/orders": {
              "get": {"tags": ["orders"], "operationId": "ordersList", "summary": "Lists orders of items.", "responses": {"200": {"description": "ok"}}},
              "delete": {"tags": ["orders"], "operationId": "ordersDelete", "summary": "Deletes every order.", "responses": {"204": {"description": "ok"}}}
            }
          }
        }
        """;

    public ToolgateServer Server { get; private set; } = null!;

    public ApiClient Owner => Server.Api;

    public ApiClient Ann { get; private set; } = null!;

    public string AnnId { get; private set; } = "";

    public ApiClient Ben { get; private set; } = null!;

    /// <summary>Addresses of the shared connection, in order.</summary>
    public IReadOnlyList<string> Shared { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Server = await ToolgateServer.Start();
        (Ann, AnnId) = await Member("Ann");
        (Ben, _) = await Member("Ben");
        await Owner.Post("/api/integrations/openapi", new { slug = "shop", spec = new { document = Document } });
        await Owner.Post("/api/connections", new { owner = "org", integration = "shop", name = "main", template = "none", values = new { } });
        await Ann.Post("/api/connections", new { owner = "user", integration = "shop", name = "mine", template = "none", values = new { } });
        Shared = await Addresses(Owner, "/api/tools?integration=shop&owner=org");
        Shared.Count.ShouldBe(4);
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>A toolkit with these grants.</summary>
    public static async Task<string> Toolkit(ApiClient api, string owner, string slug, params string[] grants)
    {
        var id = (string)(await api.Post("/api/toolkits", new { owner, name = slug, slug }))["id"]!;
        foreach (var pattern in grants)
        {
            await api.Post($"/api/toolkits/{id}/connections", new { pattern }, 201);
        }

        return id;
    }

    public static async Task<List<string>> Addresses(ApiClient api, string path)
        => [.. (await api.Get(path))["items"]!.AsArray().Select(item => (string)item!["address"]!)];

    private async Task<(ApiClient Api, string Id)> Member(string name)
    {
        var member = await Owner.Post("/api/members", new { name });
        var key = await Owner.Post("/api/account/api-keys", new { name, memberId = (string)member["id"]! });
        return (Owner.As((string)key["value"]!), (string)member["id"]!);
    }
}
