using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Toolgate.Access;
using Toolgate.Policies;
using Xunit.Abstractions;

namespace Toolgate.Toolkits.Tests;

public sealed class CompileSpeedTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("groups")]
    [InlineData("exact")]
    [InlineData("middle")]
    public void Ten_thousand_tools_under_a_hundred_rules_compile_quickly(string kind)
    {
        var catalog = World.Catalog(Enumerable.Range(0, 10_000).Select(i => World.Tool("int" + (i % 10), Owner.Org, "main", $"group{i % 100}.tool{i}", i % 3 == 0)));
        var rules = Enumerable.Range(0, 100).Select(i => new PolicyRule("pol_" + i, Pattern.Parse(kind switch
        {
            "groups" => $"int{i % 10}.org.main.group{i}.*",
            "exact" => $"int{i % 10}.org.main.group{i}.tool{i}",
            _ => $"int{i % 10}.*.*.group{i}.tool{i}",
        }), i % 2 == 0 ? PolicyAction.Block : PolicyAction.RequireApproval, FractionalKey.Spread(100)[i])).ToList();
        var inputs = ViewInputs.Of(World.Toolkit("tk_1", "all", Owner.Org, ["*"], rules), catalog, [], ActivePolicies.None);
        var compiler = new ViewCompiler(NullLogger<ViewCompiler>.Instance);
        var best = double.MaxValue;
        ToolView? view = null;
        for (var i = 0; i < 8; i++)
        {
            var started = Stopwatch.GetTimestamp();
            view = compiler.Compile(inputs, 1);
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var counted = Stopwatch.GetTimestamp();
        ViewCompiler.Count(inputs).ShouldBe(view!.Tools.Length);
        output.WriteLine($"{kind}: compile {best:F1} ms, {view.Tools.Length} tools, {view.ToolsJson.Length / 1024} KiB; count {Stopwatch.GetElapsedTime(counted).TotalMilliseconds:F1} ms");

        // A bound that only a compile of tools × rules would miss on a busy machine.
        best.ShouldBeLessThan(1_000);
    }
}
