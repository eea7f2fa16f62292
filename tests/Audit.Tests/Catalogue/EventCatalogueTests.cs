using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Audit.Tests;

public sealed class EventCatalogueTests
{
    public const string Switch = "TOOLGATE_WRITE_DOCS";

    [Fact]
    public async Task the_page_lists_every_registered_event_as_the_code_has_it()
    {
        await using var server = await ToolgateServer.Start();
        var file = Path.Combine(Root(), "docs", "events.md");

        var page = new EventCatalogue(server.Services.GetRequiredService<EventTypes>().All).Render();

        if (Environment.GetEnvironmentVariable(Switch) == "1")
        {
            await File.WriteAllTextAsync(file, page);
        }

        (await File.ReadAllTextAsync(file)).ReplaceLineEndings("\n").ShouldBe(page, $"docs/events.md is not what the code says: run this test with {Switch}=1.");
    }

    [Fact]
    public async Task every_event_says_what_happened()
    {
        await using var server = await ToolgateServer.Start();
        var summaries = new XmlSummaries();

        server.Services.GetRequiredService<EventTypes>().All.Values.Where(type => summaries.Of(type).Length == 0).Select(type => type.Name).ShouldBeEmpty();
    }

    [Fact]
    public void an_event_is_rendered_with_its_summary_its_members_and_what_they_are_made_of()
    {
        var page = new EventCatalogue(new Dictionary<string, Type> { ["probe_odd"] = typeof(ProbeOdd), ["probe_made"] = typeof(ProbeMade) }).Render();

        page.ShouldContain("\n### probe_made\n\nAn event with the conventional owner of a personal row. Record `Toolgate.Audit.Tests.ProbeMade`.\n");
        page.ShouldContain("| `subject` | text or null |");
        page.ShouldContain("| `toolkitId` | map of text |");
        page.ShouldContain("    options.Events.AddEventType<Toolgate.Audit.Tests.ProbeOdd>();\n");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monolith.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root was not found above the tests.");
        }

        return folder.FullName;
    }
}
