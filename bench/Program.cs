using System.Globalization;
using Toolgate.Bench;

// Benchmarks print ratios of one run on one machine; nothing here passes or fails. bench/run calls it.
var verb = args.FirstOrDefault() ?? "all";
if (verb is "upstream" or "floor" or "mcp")
{
    var port = int.Parse(args[1], CultureInfo.InvariantCulture);
    await using var server = verb switch { "upstream" => EchoUpstream.Build(port), "mcp" => McpUpstream.Build(port), _ => Floor.Build(port) };
    await server.RunAsync();
    return 0;
}

string[] suites = ["calls", "sources", "lists", "live", "idle", "import", "start", "log"];
if (verb != "all" && !suites.Contains(verb))
{
    Console.Error.WriteLine($"Usage: bench/run [all | {string.Join(" | ", suites)}]");
    return 2;
}

const string key = "bench-owner-key-bench-owner-key-bench";
var folder = Directory.CreateTempSubdirectory("toolgate-bench-").FullName;
Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}");
Console.WriteLine($"one 8 KiB write with fsync on this disk, median: {Report.Ms(Disk.Fsync(folder))}");

bool Wanted(string suite) => verb == "all" || verb == suite;

if (suites[..6].Any(Wanted))
{
    await using var upstream = await Child.Self("upstream");
    await using var floor = await Child.Self("floor");
    await using var host = await Child.Toolgate(
        Path.Combine(folder, "data"), ("Toolgate__BootstrapKey", key), ("Toolgate__Egress__AllowPrivateNetworks", "true"));
    using var api = new Api(host.Address, key);
    if (Wanted("calls"))
    {
        await Calls.Run(api, upstream.Address, floor.Address);
    }

    if (Wanted("sources"))
    {
        await using var mcp = await Child.Self("mcp");
        await Sources.Run(api, upstream.Address, mcp.Address);
    }

    if (Wanted("lists"))
    {
        await Lists.Run(api, upstream.Address);
    }

    if (Wanted("live"))
    {
        await LivePolicies.Run(api, upstream.Address);
    }

    if (Wanted("idle"))
    {
        await IdleSessions.Run(api, host, upstream.Address);
    }

    if (Wanted("import") && GitHubDocument.Find() is { } document)
    {
        await GitHubImport.Run(api, host, document);
    }
}

if (Wanted("start"))
{
    await Starts.Run(key);
}

if (Wanted("log"))
{
    await LogSuite.Run(folder);
}

Directory.Delete(folder, recursive: true);
return 0;
