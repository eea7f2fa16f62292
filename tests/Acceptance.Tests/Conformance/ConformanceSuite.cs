using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Toolgate.Acceptance.Tests;

/// <summary>The official conformance suites, each pinned to a version in package.json.</summary>
public static class ConformanceSuite
{
    /// <summary>0.1.16, the released suite of the session era.</summary>
    public const string Released = "conformance-legacy";

    /// <summary>0.2.0-alpha.12, which knows what each revision requires.</summary>
    public const string Newest = "conformance";

    // A run takes seconds; a busy machine may take many times as long, a server that hangs takes for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    // Inside the suites a server has half a second for some answers; more suites than processors would make that scarce.
    private static readonly SemaphoreSlim Turns = new(Math.Max(2, Environment.ProcessorCount));

    /// <summary>Everything that the released suite has.</summary>
    public static Task<SuiteRun> RunAll(string url) => Run(Released, url, "--suite", "all");

    /// <summary>What a revision requires, and what runs beside it without counting.</summary>
    public static Task<SuiteRun> RunRequirements(string url, string revision) => Run(Newest, url, "--requirements", revision);

    /// <summary>Runs a suite against a server and waits for its end.</summary>
    /// <param name="package">The suite: <see cref="Released"/> or <see cref="Newest"/>.</param>
    /// <param name="url">The server under test; a loopback URL that needs no credential.</param>
    /// <param name="selection">The suite's options that choose scenarios.</param>
    public static async Task<SuiteRun> Run(string package, string url, params string[] selection)
    {
        var results = Directory.CreateTempSubdirectory("toolgate-conformance-");
        await Turns.WaitAsync();
        try
        {
            var program = await NodePackages.File(package, "dist", "index.js");
            var output = await Execute(program, ["server", "--url", url, "-o", results.FullName, .. selection]);
            var scored = selection is ["--requirements", var revision] ? await Scored(revision) : null;
            return SuiteRun.Read(results, output, scored);
        }
        finally
        {
            Turns.Release();
            results.Delete(recursive: true);
        }
    }

    /// <summary>Runs the scenarios for authorization servers.</summary>
    /// <param name="issuer">The server under test.</param>
    /// <param name="clientId">A public client that may return to <c>http://127.0.0.1:{port}/callback</c>.</param>
    /// <param name="resource">What the token is for.</param>
    /// <param name="port">A free port, on which the suite waits for the answer.</param>
    /// <param name="answer">The person: what the browser is sent to after the question at this address.</param>
    public static async Task<SuiteRun> RunAuthorization(string issuer, string clientId, string resource, int port, Func<string, Task<string>> answer)
    {
        var results = Directory.CreateTempSubdirectory("toolgate-conformance-");
        await Turns.WaitAsync();
        try
        {
            var program = await NodePackages.File(Newest, "dist", "index.js");
            string[] arguments =
                ["authorization", "--url", issuer, "--client-id", clientId, "--resource", resource, "--port", port.ToString(CultureInfo.InvariantCulture), "-o", results.FullName];
            var output = await Execute(program, arguments, async line =>
            {
                if (line.StartsWith(issuer + "/authorize?", StringComparison.Ordinal))
                {
                    using var browser = new HttpClient();
                    using var told = await browser.GetAsync(await answer(line));
                }
            });
            return SuiteRun.Read(results, output, null, "authorization-server-");
        }
        finally
        {
            Turns.Release();
            results.Delete(recursive: true);
        }
    }

    /// <summary>Runs a suite against a client, which it starts once a scenario, and waits for its end.</summary>
    /// <param name="package">The suite.</param>
    /// <param name="script">The client: a script, run by the same Node.js with the URL of the scenario's server behind it.</param>
    /// <param name="environment">Variables for the client.</param>
    /// <param name="selection">The suite's options.</param>
    /// <returns>What the suite printed.</returns>
    public static async Task<string> RunClient(string package, string script, IReadOnlyDictionary<string, string> environment, params string[] selection)
    {
        await Turns.WaitAsync();
        try
        {
            var client = Path.Combine(await NodePackages.Folder, script);
            return await Execute(await NodePackages.File(package, "dist", "index.js"), ["client", "--command", $"{NodePackages.Node} {client}", .. selection], environment: environment);
        }
        finally
        {
            Turns.Release();
        }
    }

    private static async Task<string> Execute(
        string program, string[] arguments, Func<string, Task>? read = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(NodePackages.Node, [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = Lines(process.StandardOutput, read);
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new ShouldAssertException($"The suite did not end within {Patience}:\n{await output}\n{await errors}");
        }

        return await output + await errors;
    }

    /// <summary>Everything that comes, line by line for who reads along.</summary>
    private static async Task<string> Lines(StreamReader from, Func<string, Task>? read)
    {
        if (read is null)
        {
            return await from.ReadToEndAsync();
        }

        var all = new StringBuilder();
        while (await from.ReadLineAsync() is { } line)
        {
            all.AppendLine(line);
            await read(line.Trim());
        }

        return all.ToString();
    }

    /// <summary>The server scenarios that count for a revision, from the list that the suite itself reads.</summary>
    private static async Task<IReadOnlySet<string>> Scored(string revision)
        => (await File.ReadAllLinesAsync(await NodePackages.File(Newest, "requirements", revision + ".yaml")))
            .SkipWhile(line => line != "server:").Skip(1)
            .TakeWhile(line => line.StartsWith("  - ", StringComparison.Ordinal))
            .Select(line => line[4..].Trim())
            .ToHashSet(StringComparer.Ordinal);
}
