using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>What is wanted of <c>subscriptions/listen</c> (2026-07-28).</summary>
internal static class ListenFilter
{
    /// <summary>Every list, and these resources: the request's own params.</summary>
    public static byte[] Of(IReadOnlyCollection<string> resources)
    {
        var subscriptions = resources.Count == 0 ? "" : $",\"resourceSubscriptions\":{JsonSerializer.Serialize(resources)}";
        return Encoding.UTF8.GetBytes(
            $$$"""{"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true{{{subscriptions}}}}}""");
    }
}
