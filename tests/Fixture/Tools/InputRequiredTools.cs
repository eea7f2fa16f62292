using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>The tools of the 2026-07-28 suite for requests that need several rounds. In the session era they ask as any other tool does.</summary>
internal static class InputRequiredTools
{
    private static readonly InputRequest Name = InputRequest.Field("user_name", "What is your name?", "name");
    private static readonly InputRequest Question = InputRequest.Sample("capital_question", "What is the capital of France?");
    private static readonly InputRequest Confirmation = InputRequest.Field("confirm", "Please confirm", "ok", "boolean");

    public static IReadOnlyList<Entry> All { get; } =
    [
        Tool("elicitation", "Asks for a name", async call =>
            Reply.Text($"Hello, {Field(await call.Ask(Name), "name")}!")),
        Tool("sampling", "Asks the client's model a question", async call =>
        {
            var answer = await call.Ask(Question);
            return Reply.Text($"The model said: {Rpc.Text(answer["content"]?["text"])}");
        }),
        Tool("list_roots", "Asks for the client's roots", async call =>
        {
            var answer = await call.Ask(InputRequest.Roots("client_roots"));
            return Reply.Text($"Roots: {answer["roots"]?.ToJsonString()}");
        }),
        Tool("request_state", "Asks for a confirmation with state", async call =>
        {
            await call.Ask(Confirmation);
            return Reply.Text("state-ok");
        }),
        Tool("multiple_inputs", "Asks three questions at once", async call =>
        {
            var greeting = InputRequest.Sample("greeting", "Generate a greeting", 50);
            var answers = await call.Ask([Name, greeting, InputRequest.Roots("client_roots")]);
            var (name, roots) = (Field(answers["user_name"], "name"), answers["client_roots"]["roots"]?.ToJsonString());
            return Reply.Text($"{Rpc.Text(answers["greeting"]["content"]?["text"])} {name}, roots {roots}");
        }),
        Tool("multi_round", "Asks one question after the other", async call =>
        {
            var name = Field(await call.Ask(InputRequest.Field("step1", "Step 1: What is your name?", "name")), "name");
            var color = Field(await call.Ask(InputRequest.Field("step2", "Step 2: What is your favorite color?", "color")), "color");
            return Reply.Text($"{name} likes {color}");
        }),
        Tool("tampered_state", "Asks for a confirmation and rejects a changed state", async call =>
        {
            await call.Ask(Confirmation);
            return Reply.Text("The state was not changed");
        }),
        Tool("capabilities", "Asks what the client can answer", async call =>
        {
            InputRequest[] possible = [Name, Question, InputRequest.Roots("client_roots")];
            var allowed = possible.Where(request => request.IsAllowedBy(call.Capabilities)).ToList();
            var answers = allowed.Count == 0 ? new Dictionary<string, JsonObject>() : await call.Ask(allowed);
            return Reply.Text($"Answered: {string.Join(", ", answers.Keys)}");
        }),
    ];

    private static Entry Tool(string name, string description, EntryHandler answer) => Entry.Tool("test_input_required_result_" + name, description, answer);

    private static string Field(JsonObject answer, string field) => Rpc.Text(answer["content"]?[field]) ?? $"nobody ({Rpc.Text(answer["action"])})";
}
