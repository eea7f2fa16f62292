namespace Toolgate.Fixture;

/// <summary>The prompts.</summary>
internal static class FixturePrompts
{
    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Prompt("test_simple_prompt", "A prompt without arguments", _
            => new(Reply.Messages(Reply.TextBlock("This is a simple prompt for testing.")))),
        Entry.Prompt(
            "test_prompt_with_arguments", "A prompt with two arguments",
            call => new(Reply.Messages(Reply.TextBlock($"Prompt with arguments: arg1='{call.Text("arg1")}', arg2='{call.Text("arg2")}'"))),
            "arg1", "arg2"),
        Entry.Prompt(
            "test_prompt_with_embedded_resource", "A prompt that embeds a resource",
            call => new(Reply.Messages(
                Reply.ResourceBlock(call.Text("resourceUri"), "text/plain", "Embedded resource content for testing."),
                Reply.TextBlock("Please process the embedded resource above."))),
            "resourceUri"),
        Entry.Prompt(
            "test_prompt_with_image", "A prompt with an image",
            _ => new(Reply.Messages(Reply.ImageBlock(), Reply.TextBlock("Please analyze the image above.")))),
        Entry.Prompt("test_input_required_result_prompt", "A prompt that asks before it answers", async call =>
        {
            var answer = await call.Ask(InputRequest.Field("user_context", "What context should the prompt use?", "context"));
            return Reply.Messages(Reply.TextBlock($"Prompt with context: {Rpc.Text(answer["content"]?["context"])}"));
        }),
    ];

    /// <summary>The prompt that comes and goes when a test triggers a change.</summary>
    public static Entry Passing { get; } = Entry.Prompt(
        "fixture_passing_prompt", "Comes and goes", _ => new(Reply.Messages(Reply.TextBlock("Here for now."))));
}
