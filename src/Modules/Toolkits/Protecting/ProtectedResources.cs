using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Toolkits;

/// <summary>Tells the authorization server what there is to be let into.</summary>
internal sealed class ProtectedResources(IReadModels models) : IProtectedResources
{
    private const string Toolkit = "/mcp/toolkits/";

    public ProtectedResource? Find(string path, Principal person)
        => path == McpResource.Default.Path ? new ProtectedResource(path, null, "Everything that you may call")
            : path.StartsWith(Toolkit, StringComparison.Ordinal) && models.Current.Get<ToolkitBook>().FindSlug(path[Toolkit.Length..], person) is { } row ? Of(row)
            : null;

    public IReadOnlyList<ProtectedResource> Toolkits(Principal person)
        => [.. models.Current.Get<ToolkitBook>().ById.Values.Where(row => row.Owner.IsVisibleTo(person)).OrderBy(row => row.Name, StringComparer.OrdinalIgnoreCase).Select(Of)];

    private static ProtectedResource Of(ToolkitRow row) => new(new McpResource(row.Slug).Path, row.Id, row.Name);
}
