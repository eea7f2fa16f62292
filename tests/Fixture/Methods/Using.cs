using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Calls, reads and gets.</summary>
internal static class Using
{
    public static async ValueTask<JsonObject> Tool(CallContext call)
    {
        var name = Rpc.Text(call.Params["name"]);
        var tool = call.Core.Catalog.Tools.Find(name) ?? throw new RpcException(RpcException.InvalidParams, $"Unknown tool: {name}");
        try
        {
            return await tool.Answer(call);
        }
        catch (ToolFailureException failure)
        {
            return Reply.Failure(failure.Message);
        }
    }

    public static async ValueTask<JsonObject> Resource(CallContext call)
    {
        var uri = Rpc.Text(call.Params["uri"]) ?? "";
        var resource = call.Core.Catalog.Resources.Find(uri)
            ?? call.Core.Catalog.Templates.All.FirstOrDefault(template => FixtureResources.IdOf(template.Key, uri) is not null)
            ?? throw new RpcException(
                call.IsModern ? RpcException.InvalidParams : RpcException.ResourceNotFound, "Resource not found", new JsonObject { ["uri"] = uri });
        return Listing.Cacheable(call, await resource.Answer(call));
    }

    public static async ValueTask<JsonObject> Prompt(CallContext call)
    {
        var name = Rpc.Text(call.Params["name"]);
        var prompt = call.Core.Catalog.Prompts.Find(name) ?? throw new RpcException(RpcException.InvalidParams, $"Unknown prompt: {name}");
        foreach (var argument in prompt.Definition["arguments"]?.AsArray() ?? [])
        {
            if (Rpc.Text(call.Arguments[Rpc.Text(argument!["name"])!]) is null)
            {
                throw new RpcException(RpcException.InvalidParams, $"The argument {Rpc.Text(argument["name"])} is missing");
            }
        }

        return await prompt.Answer(call);
    }
}
