using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Acceptance.Tests;

/// <summary>One check of a scenario.</summary>
/// <param name="Id">The suite's name for it.</param>
/// <param name="Status"><c>SUCCESS</c>, <c>FAILURE</c>, <c>WARNING</c>, <c>SKIPPED</c> or <c>INFO</c>.</param>
/// <param name="Text">What was checked, what went wrong, and the details that the suite gives.</param>
public sealed record SuiteCheck(string Id, string Status, string Text);

/// <summary>A scenario and its checks.</summary>
/// <param name="Name">The suite's name for it.</param>
/// <param name="IsScored">Whether it counts for the revision.</param>
/// <param name="Checks">Its checks.</param>
public sealed record SuiteScenario(string Name, bool IsScored, IReadOnlyList<SuiteCheck> Checks)
{
    /// <summary>It ran and nothing failed.</summary>
    public bool Passed => Checks.Count > 0 && !Checks.Any(check => check.Status == "FAILURE");
}

/// <summary>What a suite found.</summary>
public sealed partial record SuiteRun(IReadOnlyList<SuiteScenario> Scenarios, string Output)
{
    /// <summary>The scenarios that count.</summary>
    public IEnumerable<SuiteScenario> Scored => Scenarios.Where(scenario => scenario.IsScored);

    /// <summary>The names of those that run beside them and did not pass.</summary>
    public IEnumerable<string> UnscoredFailures => Scenarios.Where(scenario => !scenario.IsScored && !scenario.Passed).Select(scenario => scenario.Name);

    /// <summary>Fails with every failed check unless so many scenarios counted and all of them passed, without warnings.</summary>
    /// <param name="scenarios">How many must have counted.</param>
    /// <param name="except">Ids of checks, or names of scenarios, that this server cannot do anything about.</param>
    public SuiteRun ShouldPass(int scenarios, params string[] except)
    {
        var complaints = Scored.Select(scenario => Complain(scenario, except)).Where(text => text.Length > 0).ToList();
        if (complaints.Count > 0)
        {
            throw new ShouldAssertException($"{complaints.Count} of {Scored.Count()} scenarios did not pass:\n{string.Join('\n', complaints)}");
        }

        Scored.Count().ShouldBe(scenarios, Output);
        return this;
    }

    private static string Complain(SuiteScenario scenario, string[] except)
    {
        var wrong = scenario.Checks.Where(check => check.Status is "FAILURE" or "WARNING" && !except.Contains(check.Id)).ToList();
        return except.Contains(scenario.Name) ? ""
            : wrong.Count > 0 ? string.Join('\n', wrong.Select(check => $"{scenario.Name}: {check.Status} {check.Id}: {check.Text}"))
            : scenario.Checks.Any(check => check.Status == "SUCCESS") ? ""
            : $"{scenario.Name}: nothing was checked";
    }

    /// <summary>Reads the files that a run left behind, one folder a scenario; a scenario without a file failed to run.</summary>
    /// <param name="results">Where they are.</param>
    /// <param name="output">What the run printed.</param>
    /// <param name="scored">What counts; everything when null.</param>
    /// <param name="prefix">What the folders' names begin with.</param>
    internal static SuiteRun Read(DirectoryInfo results, string output, IReadOnlySet<string>? scored, string prefix = "server-")
    {
        var found = results.EnumerateFiles("checks.json", SearchOption.AllDirectories)
            .ToDictionary(file => Stamp().Replace(file.Directory!.Name[prefix.Length..], ""), Checks, StringComparer.Ordinal);
        var scenarios = Started().Matches(output).Select(match => match.Groups[1].Value)
            .Concat(found.Keys)
            .Distinct(StringComparer.Ordinal)
            .Select(name => new SuiteScenario(name, scored?.Contains(name) ?? true, found.GetValueOrDefault(name, [])));
        return new SuiteRun([.. scenarios], output);
    }

    private static IReadOnlyList<SuiteCheck> Checks(FileInfo file)
        => [.. JsonDocument.Parse(File.ReadAllText(file.FullName)).RootElement.EnumerateArray().Select(check => new SuiteCheck(
            check.GetProperty("id").GetString()!,
            check.GetProperty("status").GetString()!,
            $"{check.GetProperty("description").GetString()}\n    {Member(check, "errorMessage")}\n    {Short(Member(check, "details"))}"))];

    private static string Member(JsonElement check, string name) => check.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static string Short(string text) => text.Length > 1_500 ? text[..1_500] + "…" : text;

    [GeneratedRegex("=== Running scenario: ([^ ]+) ===")]
    private static partial Regex Started();

    [GeneratedRegex(@"-[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9-]+Z\z")]
    private static partial Regex Stamp();
}
