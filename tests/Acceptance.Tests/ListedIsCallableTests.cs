namespace Toolgate.Acceptance.Tests;

/// <summary>Listed set = callable set, for every principal, resource and version of the rules; checked with random rules and grants over HTTP.</summary>
public sealed class ListedIsCallableTests(World world) : IClassFixture<World>
{
    private const ulong Seed = 20_261_121;
    private const int Rounds = 36;

    private static readonly string[] Actions = ["approve", "require_approval", "block"];

    [Fact]
    public async Task Every_listed_tool_is_callable_and_every_other_name_is_refused_alike()
    {
        await world.Notes();
        await world.Connect("notes", "second");
        var alice = await world.NewMember("member", "manage", "tools:invoke");
        var bob = await world.NewMember("member", "manage", "tools:invoke");
        await world.Connect("notes", "mine", alice.Rest, "user", "alice-key");
        await world.Connect("notes", "his", bob.Rest, "user", "bob-key");
        string[] connections = ["notes.org.main", "notes.org.second", "notes.user.mine", "notes.user.his", "notes.org.absent"];
        var universe = connections.SelectMany(_ => NotesDocuments.Tools.Keys, (connection, tool) => (Address: $"{connection}.{tool}", Arguments: NotesDocuments.Tools[tool])).ToArray();
        string[] patterns =
        [
            "*", "notes.*", "notes.org.*", "notes.user.*", "notes.*.*.notes.*", "notes.*.*.trials.*", "notes.*.main.*", "notes.org.second.*",
            "notes.user.mine.*", "notes.user.his.*", "notes.org.main.notes.read", "notes.*.*.*.delete", "notes.org.*.notes.listAll", "elsewhere.*",
        ];
        var dice = new Dice(Seed);
        (int Listed, int Refused) seen = default;
        for (var round = 0; round < Rounds; round++)
        {
            var (who, rest, token) = dice.Pick([("alice", alice.Rest, alice.Token), ("bob", bob.Rest, bob.Token), ("owner", world.Owner, world.Server.OwnerKey)]);
            var personal = dice.Roll(2) == 0;
            var kit = await world.NewToolkit(personal ? rest : world.Owner, personal ? "user" : "org", [.. dice.Some(patterns)]);
            foreach (var pattern in dice.Some(patterns))
            {
                await world.Rule(kit, pattern, dice.Pick(Actions), personal ? rest : world.Owner);
            }

            List<(Rest By, string Id)> rules = [];
            for (var count = dice.Roll(4); count > 0; count--)
            {
                rules.Add((world.Owner, await world.Rule(dice.Pick(patterns), dice.Pick(Actions), enforced: dice.Roll(2) == 0)));
            }

            if (dice.Roll(2) == 0)
            {
                rules.Add((rest, await world.Rule(dice.Pick(patterns), dice.Pick(Actions), by: rest, owner: "user")));
            }

            var resource = dice.Roll(4) == 0 ? "/mcp" : kit.Path;
            var context = $"round {round}, seed {Seed}, {who} at {resource}";
            var mcp = world.Mcp(resource, token);
            // The default resource also lists the tools of Toolgate itself, where there are any.
            var listed = (await mcp.Addresses()).Where(address => address.StartsWith("notes.", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
            listed.ShouldAllBe(address => universe.Any(tool => tool.Address == address) || address.Contains(".slow", StringComparison.OrdinalIgnoreCase), context);
            var unknown = Refusal(await mcp.Call("no_such_tool"), "no_such_tool");
            foreach (var (address, arguments) in universe)
            {
                var name = Mcp.NameOf(address);
                var answer = await mcp.Call(name, arguments);
                if (listed.Contains(address))
                {
                    answer.Expect(200).Json.TryGetProperty("result", out _).ShouldBeTrue($"{context}: {address} is listed but {answer}");
                    seen.Listed++;
                }
                else
                {
                    Refusal(answer, name).ShouldBe(unknown, $"{context}: {address} is not listed");
                    seen.Refused++;
                }
            }

            foreach (var (by, id) in rules)
            {
                (await by.Delete($"/api/policies/{id}")).Expect(204);
            }

            (await (personal ? rest : world.Owner).Delete($"/api/toolkits/{kit.Id}")).Expect(204);
        }

        // The generator must reach both sides, or the law was not tested.
        seen.Listed.ShouldBeGreaterThan(100);
        seen.Refused.ShouldBeGreaterThan(100);
    }

    /// <summary>Status, headers and body of a refusal without the name that was sent.</summary>
    internal static string Refusal(Answer answer, string name)
    {
        answer.Text.ShouldContain(name);
        var headers = answer.Headers
            .Where(header => header.Key is not ("Date" or "Content-Length"))
            .OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {header.Value}");
        return $"{answer.Status}\n{string.Join('\n', headers)}\n\n{answer.Text.Replace(name, "<name>", StringComparison.Ordinal)}";
    }
}
