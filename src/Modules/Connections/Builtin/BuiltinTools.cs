using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Toolgate.Connections;

/// <summary>
/// The builtin tools <c>toolgate.*</c>: the operations of the management API, compiled from its own description like any other OpenAPI document. Made
/// once in a process, when somebody first asks.
/// </summary>
internal sealed class BuiltinTools(IServiceProvider services)
{
    /// <summary>Where the requests pretend to go: the reserved name makes sure that a mistake reaches nobody (RFC 6761).</summary>
    private static readonly Uri Nowhere = new("http://toolgate.invalid");

    /// <summary>Headers of the REST conventions that mean nothing to an agent.</summary>
    private static readonly string[] ConventionHeaders = ["Idempotency-Key", "Toolgate-Min-Position"];

    private readonly Lazy<ImmutableArray<Tool>> all = new(() => Compile((IManagementApi?)services.GetService(typeof(IManagementApi))));

    /// <summary>The tools, ordered bytewise by address; none where no management API is offered.</summary>
    public ImmutableArray<Tool> All => all.Value;

    private static ImmutableArray<Tool> Compile(IManagementApi? api)
    {
        if (api is null)
        {
            return [];
        }

        // The description is made from types in this process: waiting for it is waiting for a computation.
        var description = JsonNode.Parse(api.Describe(CancellationToken.None).GetAwaiter().GetResult().Span)!.AsObject();
        var readOnly = Prepare(description);
        return OpenApiCompiler.Compile(System.Text.Encoding.UTF8.GetBytes(description.ToJsonString()), new OpenApiOptions(Nowhere)) switch
        {
            OpenApiImport.Imported { Catalog.Diagnostics: [] } imported => [.. imported.Catalog.Tools
                .Select(tool => Tool.Builtin(Define(tool, readOnly.Contains(tool.Name)))).OrderBy(tool => tool.Address, StringComparer.Ordinal)],
            OpenApiImport.Imported imported => throw new InvalidOperationException($"The management API is described wrongly: {imported.Catalog.Diagnostics[0]}"),
            OpenApiImport.Refused refused => throw new InvalidOperationException($"The management API is described wrongly: {refused.Error}"),
            _ => throw new InvalidOperationException("An import ends imported or refused."),
        };
    }

    /// <summary>Leaves the operations that are tools, without what agents cannot use; answers the names of those that change nothing.</summary>
    private static HashSet<string> Prepare(JsonObject description)
    {
        var readOnly = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in description["paths"]!.AsObject().Select(pair => pair.Value!.AsObject()))
        {
            foreach (var (method, operation) in path.ToArray())
            {
                if (operation is not JsonObject found || found["x-toolgate-name"] is not JsonValue name)
                {
                    path.Remove(method);
                    continue;
                }

                if (method == "get" || found["x-toolgate-changes"] is JsonValue changes && !changes.GetValue<bool>())
                {
                    readOnly.Add(name.GetValue<string>());
                }

                (found["parameters"] as JsonArray)?.RemoveAll(
                    parameter => parameter!["in"]!.GetValue<string>() == "header" && ConventionHeaders.Contains(parameter["name"]!.GetValue<string>()));
            }
        }

        // Credentials are the caller's own; the description's way to send one is none of a tool's business.
        description.Remove("security");
        (description["components"] as JsonObject)?.Remove("securitySchemes");
        return readOnly;
    }

    /// <summary>The tool: what changes something asks for approval, and the approver reads the operation's sentence.</summary>
    private static ToolDefinition Define(ToolDefinition tool, bool readOnly)
    {
        var request = (HttpBinding)tool.Binding;
        return new ToolDefinition
        {
            Name = tool.Name,
            Title = tool.Title,
            Description = tool.Description,
            AsksByDefault = !readOnly,
            ChangesSomething = !readOnly,
            ApprovalText = tool.Title ?? tool.Description,
            InputSchema = tool.InputSchema,
            ListingMembers = ToolDefinition.RenderListingMembers(
                tool.Title, tool.Description, tool.InputSchema, default, readOnly, destructive: !readOnly, idempotent: readOnly || request.Method is "PUT" or "DELETE"),
            Digest = tool.Digest,
            Binding = new BuiltinBinding(request),
        };
    }
}
