using Toolgate.Architecture.Tests.Samples;
using Toolgate.EventStore;

namespace Toolgate.Architecture.Tests;

public sealed class TypeTests
{
    private static IReadOnlyList<Type> Events { get; } = [.. Repository.Assemblies.SelectMany(TypeRules.EventsOf)];

    [Fact]
    public void modules_show_contracts_and_a_facade_and_nothing_else()
        => Repository.Sources.SelectMany(TypeRules.PublicOutsideContracts).ShouldBeEmpty();

    [Theory]
    [InlineData("public sealed class Leaked;")]
    [InlineData("public static partial class Leaked;")]
    [InlineData("public readonly record struct Leaked(int Value);")]
    [InlineData("public interface ILeaked;")]
    [InlineData("public enum Leaked;")]
    public void control_a_public_type_outside_contracts_is_found(string declaration)
    {
        var text = "namespace X;\n\n/// <summary>S.</summary>\n" + declaration + "\n";

        TypeRules.PublicOutsideContracts(new SourceFile("src/Modules/Policies/Deciding/Leaked.cs", text)).Count().ShouldBe(1);
        TypeRules.PublicOutsideContracts(new SourceFile("src/Modules/Policies/Contracts/Shown.cs", text)).ShouldBeEmpty();
        TypeRules.PublicOutsideContracts(new SourceFile("src/Modules/Policies/PoliciesModule.cs", text)).ShouldBeEmpty();
    }

    [Fact]
    public void every_class_is_sealed_or_meant_to_be_derived_from()
        => TypeRules.Unsealed(Repository.Assemblies.SelectMany(assembly => assembly.GetTypes())).ShouldBeEmpty();

    [Fact]
    public void control_an_open_class_is_found()
        => TypeRules.Unsealed([typeof(OpenClass), typeof(TypeTests)]).ShouldBe([typeof(OpenClass).FullName + " is neither sealed nor abstract"]);

    [Fact]
    public void events_are_sealed_positional_records_in_the_past_tense_with_plain_names()
    {
        Events.ShouldNotBeEmpty();
        Events.SelectMany(TypeRules.EventFaults).ShouldBeEmpty();
    }

    [Fact]
    public void no_two_events_share_an_alias() => TypeRules.SharedAliases(Events.Select(EventTypes.AliasOf)).ShouldBeEmpty();

    [Fact]
    public void control_every_fault_of_an_event_is_found()
    {
        TypeRules.EventFaults(typeof(ThingMeasured)).ShouldBeEmpty();
        TypeRules.EventFaults(typeof(ThingOpened)).ShouldBe(["ThingOpened is not a sealed record"]);
        TypeRules.EventFaults(typeof(ThingMoved)).ShouldBe(["ThingMoved is not positional: every property is a parameter of the record"]);
        TypeRules.EventFaults(typeof(MoveThing)).ShouldBe(["MoveThing is not in the past tense"]);
        TypeRules.EventFaults(typeof(HTTPThingMoved)).Single().ShouldContain("no acronyms");
        TypeRules.EventFaults(typeof(Nest.ThingNested)).Single().ShouldContain("must not be a nested type");
        TypeRules.SharedAliases(["thing_moved", "thing_opened", "thing_moved"]).ShouldBe(["two events have the alias 'thing_moved'"]);
    }
}
