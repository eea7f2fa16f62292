using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Completes arguments of prompts and templates from a list of words; the context of earlier arguments shows in the last one.</summary>
internal static class Completing
{
    private static readonly string[] Words = ["alpha", "alpine", "beta", "test-one", "test-two"];

    public static JsonObject Answer(CallContext call)
    {
        var reference = call.Params["ref"] as JsonObject ?? throw new RpcException(RpcException.InvalidParams, "ref is missing");
        var known = Rpc.Text(reference["type"]) switch
        {
            "ref/prompt" => call.Core.Catalog.Prompts.Find(Rpc.Text(reference["name"])) is not null,
            "ref/resource" => call.Core.Catalog.Templates.Find(Rpc.Text(reference["uri"])) is not null,
            _ => false,
        };
        if (!known)
        {
            throw new RpcException(RpcException.InvalidParams, "ref names nothing that can be completed");
        }

        var begun = Rpc.Text(call.Params["argument"]?["value"]) ?? "";
        List<string> found = [.. Words.Where(word => word.StartsWith(begun, StringComparison.Ordinal))];
        if (call.Params["context"]?["arguments"] is JsonObject { Count: > 0 } context)
        {
            found.Add(string.Join(',', context.Select(pair => $"{pair.Key}={Rpc.Text(pair.Value)}")));
        }

        return new JsonObject
        {
            ["completion"] = new JsonObject
            {
                ["values"] = new JsonArray([.. found.Select(word => JsonValue.Create(word))]),
                ["total"] = found.Count,
                ["hasMore"] = false,
            },
        };
    }
}
