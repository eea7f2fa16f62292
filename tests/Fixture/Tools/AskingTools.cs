using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Tools that ask the client: requests of the server in the session era, <c>input_required</c> in 2026-07-28.</summary>
internal static class AskingTools
{
    private const string Defaults = """
        {"type":"object","required":[],"properties":{
          "name":{"type":"string","description":"User name","default":"John Doe"},
          "age":{"type":"integer","description":"User age","default":30},
          "score":{"type":"number","description":"User score","default":95.5},
          "status":{"type":"string","description":"User status","enum":["active","inactive","pending"],"default":"active"},
          "verified":{"type":"boolean","description":"Verification status","default":true}}}
        """;

    private const string Enums = """
        {"type":"object","required":[],"properties":{
          "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
          "titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
          "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
          "untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
          "titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}}}
        """;

    private const string Person = """
        {"type":"object","properties":{"username":{"type":"string","description":"User's response"},"email":{"type":"string","description":"User's email address"}},"required":["username","email"]}
        """;

    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool(
            "test_sampling", "Asks the client's model",
            async call =>
            {
                var answer = await call.Ask(InputRequest.Sample("sample", call.Text("prompt")));
                return Reply.Text($"LLM response: {Rpc.Text(answer["content"]?["text"]) ?? answer["content"]?.ToJsonString()}");
            },
            """{"type":"object","properties":{"prompt":{"type":"string","description":"The prompt to send"}},"required":["prompt"]}"""),
        Entry.Tool(
            "test_elicitation", "Asks the user",
            async call => Answered("User response", await call.Ask(InputRequest.Form("person", call.Text("message"), Person))),
            """{"type":"object","properties":{"message":{"type":"string","description":"The message to show"}},"required":["message"]}"""),
        Entry.Tool(
            "test_elicitation_sep1034_defaults", "Asks the user with default values",
            async call => Answered("Elicitation completed", await call.Ask(
                InputRequest.Form("review", "Please review and update the form fields with defaults", Defaults)))),
        Entry.Tool(
            "test_elicitation_sep1330_enums", "Asks the user with every kind of enumeration",
            async call => Answered("Elicitation completed", await call.Ask(
                InputRequest.Form("select", "Please select options from the enum fields", Enums)))),
        Entry.Tool("fixture_elicitation_url", "Sends the user to a page", async call =>
        {
            // 2026-07-28 has no elicitation ids and no notification of completion.
            var id = call.IsModern ? null : $"elicitation-{call.Core.Behaviour.NextNumber()}";
            var answer = await call.Ask(InputRequest.Visit("visit", "Please visit the page", "https://example.com/visit", id));
            if (id is not null && Rpc.Text(answer["action"]) == "accept")
            {
                await call.Notify("notifications/elicitation/complete", new JsonObject { ["elicitationId"] = id });
            }

            return Answered("Visited", answer);
        }),
        Entry.Tool("fixture_roots", "Lists the client's roots", async call =>
        {
            var answer = await call.Ask(InputRequest.Roots("roots"));
            return Reply.Text($"Roots: {answer["roots"]?.ToJsonString()}");
        }),
    ];

    private static JsonObject Answered(string what, JsonObject answer)
        => Reply.Text($"{what}: action={Rpc.Text(answer["action"])}, content={answer["content"]?.ToJsonString() ?? "{}"}");
}
