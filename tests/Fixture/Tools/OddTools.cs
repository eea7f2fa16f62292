using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Tools that answer with what no typed client expects.</summary>
internal static class OddTools
{
    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool(
            "fixture_unknown_content", "Returns kinds of content and members that do not exist yet",
            _ => new(Reply.Json("""
                {"content":[{"type":"hologram","data":{"depth":3,"exact":1.0}},
                            {"type":"text","text":"known","futureMember":[1,null],"annotations":{"audience":["user"],"futureAnnotation":"kept"},"_meta":{"example.com/block":1}}],
                 "futureResultMember":{"kept":true},"_meta":{"example.com/result":"kept"}}
                """)),
            more: """{"futureDefinitionMember":{"kept":true},"execution":{"taskSupport":"forbidden"},"icons":[{"src":"https://example.com/i.png"}],"_meta":{"example.com/definition":"kept"}}"""),
        Entry.Tool(
            "fixture_large", "Returns a text of a given length",
            call => new(Reply.Text(new string('x', call.Number("bytes", 1 << 20)))),
            """{"type":"object","properties":{"bytes":{"type":"integer","minimum":0}}}"""),
        Entry.Tool(
            "fixture_rpc_error", "Answers with a JSON-RPC error",
            call => throw new RpcException(call.Number("code", -31999), call.Text("message", "The upstream refused"), new JsonObject { ["detail"] = "kept" }),
            """{"type":"object","properties":{"code":{"type":"integer"},"message":{"type":"string"}}}"""),
        Entry.Tool("fixture_url_required", "Answers that a page must be visited first (2025-11-25)", _ => throw new RpcException(
            RpcException.UrlElicitationRequired, "Please authorize first", Rpc.Parse("""
                {"elicitations":[{"mode":"url","elicitationId":"elicitation-required","url":"https://example.com/authorize","message":"Please authorize"}]}
                """))),
    ];
}
