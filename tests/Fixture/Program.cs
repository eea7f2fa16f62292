using Toolgate.Fixture;

// dotnet Toolgate.Fixture.dll --stdio     speaks JSON-RPC line by line on standard input and output until the input ends
// dotnet Toolgate.Fixture.dll --port N    serves HTTP on a loopback port (0 or nothing: any) until it is stopped
if (args.Contains("--stdio"))
{
    await StdioServer.Run(Console.OpenStandardInput(), Console.OpenStandardOutput());
    return;
}

var at = Array.IndexOf(args, "--port");
var port = at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], System.Globalization.CultureInfo.InvariantCulture) : 0;
await using var server = await FixtureServer.Start(port);
Console.WriteLine(server.Url);
await server.Stopped();
