using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;
using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>
/// Names the builtin tool of each operation with <c>x-toolgate-name</c>: the group is the tag, the leaf the operation's id without the group's noun.
/// <c>listPolicies</c> of Policies is <c>policies.list</c>, <c>listToolkitPolicies</c> of Toolkits is <c>toolkits.listPolicies</c>.
/// </summary>
internal static partial class BuiltinToolNames
{
    /// <summary>Adds the extensions, unless the endpoint is no tool.</summary>
    public static void Describe(OpenApiOperation operation, Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription description)
    {
        var metadata = description.ActionDescriptor.EndpointMetadata;
        var tool = metadata.OfType<ToolMetadata>().LastOrDefault();
        if (tool is { IsTool: false } || metadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName is not { } id
            || metadata.OfType<ITagsMetadata>().LastOrDefault()?.Tags is not [var tag, ..])
        {
            return;
        }

        var extensions = operation.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
        extensions["x-toolgate-name"] = new JsonNodeExtension(JsonValue.Create(NameOf(tag, id)));
        if (tool is { ChangesNothing: true })
        {
            extensions["x-toolgate-changes"] = new JsonNodeExtension(JsonValue.Create(false));
        }
    }

    /// <summary>The name of an operation's tool.</summary>
    public static string NameOf(string tag, string operationId)
    {
        var words = Word().Matches(operationId).Select(word => word.Value).ToList();
        var nouns = new[] { tag, Singular(tag) };
        var leaf = words.Where((word, at) => at == 0 || !nouns.Contains(word, StringComparer.OrdinalIgnoreCase)).ToArray();
        return $"{char.ToLowerInvariant(tag[0])}{tag[1..]}.{string.Concat(leaf)}";
    }

    private static string Singular(string noun) => noun.EndsWith("ies", StringComparison.Ordinal) ? noun[..^3] + "y" : noun.TrimEnd('s');

    [GeneratedRegex("[a-z0-9]+|[A-Z][a-z0-9]*", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
