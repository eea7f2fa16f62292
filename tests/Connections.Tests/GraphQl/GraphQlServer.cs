using Toolgate.Connections.Tests.Hosting;

namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>The whole host with a GraphQL server of the JavaScript world as its upstream.</summary>
public sealed class GraphQlServer : IAsyncLifetime
{
    private static int slugs;
    private Node node = null!;

    internal ConnectionsServer Host { get; } = new();

    /// <summary>Origin of the GraphQL server. Below <c>/closed</c> it wants the header <c>X-Key: let-me-in</c>.</summary>
    internal string Url { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        (node, Url) = await Node.Server();
        await Host.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await node.DisposeAsync();
    }

    internal static string NewSlug() => $"graph-{Interlocked.Increment(ref slugs)}";

    /// <summary>Imports the endpoint, connects to it as <c>main</c>, and answers with the prefix of its tools.</summary>
    internal async Task<string> Connected(string path = "/graphql", string? sdl = null)
    {
        var slug = NewSlug();
        await Host.Api.Post("/api/integrations/graphql", new { slug, endpoint = Url + path, sdl, authTemplates = KeyTemplate }, 201);
        await Host.Connect(slug);
        return $"{slug}.org.main";
    }

    internal static object[] KeyTemplate { get; } = [new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } }];
}
