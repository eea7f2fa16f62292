using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>The built program as its own process, as ./run starts it.</summary>
public sealed class HostProcessTests
{
    [Fact]
    public async Task The_program_prints_its_address_and_a_key_once_and_the_key_works()
    {
        await using var database = await TestDatabase.Create();
        using var folder = new TestFolder();
        string key;
        await using (var first = await HostProcess.Start(database.ConnectionString, folder.Path, ownerKey: null))
        {
            await World.Eventually(() => Task.FromResult(first.Output.Contains("tgk_", StringComparison.Ordinal)), "the owner key to be printed");
            first.Output.ShouldContain(first.Address.GetLeftPart(UriPartial.Authority));
            var from = first.Output.IndexOf("tgk_", StringComparison.Ordinal);
            key = new string([.. first.Output[from..].TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')]);
            using var http = new HttpClient { BaseAddress = first.Address };
            (await new Rest(http, key).Get("/api/account/me")).Expect(200).Json.GetProperty("role").GetString().ShouldBe("owner");
            await using var client = await McpClients.Connect(McpClients.CSharpModern, new Uri(first.Address, "/mcp").ToString(), key);
            (await client.List()).ShouldNotContain(tool => tool.Address.Contains("notes", StringComparison.Ordinal));
        }

        await using var second = await HostProcess.Start(database.ConnectionString, folder.Path, ownerKey: null);
        second.Output.ShouldNotContain("tgk_");
        using var again = new HttpClient { BaseAddress = second.Address };
        (await new Rest(again, key).Get("/api/account/me")).Expect(200);

        // Nobody can sign in yet, and the first link may be lost: every start prints one.
        await World.Eventually(() => Task.FromResult(second.Output.Contains("/setup?token=tgl_", StringComparison.Ordinal)), "a setup link to be printed again");
        using var page = await again.GetAsync(new Uri(second.Output[second.Output.IndexOf("/setup?token=", StringComparison.Ordinal)..].Split('\n')[0].Trim(), UriKind.Relative));
        ((int)page.StatusCode).ShouldBe(200);
    }
}
