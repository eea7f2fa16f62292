namespace Toolgate.Architecture.Tests;

public sealed class DependencyTests
{
    private static IEnumerable<SourceFile> Projects => Repository.Sources.Where(source => source.Path.EndsWith(".csproj", StringComparison.Ordinal));

    [Fact]
    public void every_project_of_the_product_has_its_place_in_the_order()
        => Projects.Select(project => Path.GetFileNameWithoutExtension(project.Path)["Toolgate.".Length..]).Order(StringComparer.Ordinal)
            .ShouldBe(DependencyRules.Allowed.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void declared_references_point_one_way() => DependencyRules.WrongWay(Projects.SelectMany(DependencyRules.Declared)).ShouldBeEmpty();

    [Fact]
    public void compiled_references_point_one_way()
        => DependencyRules.WrongWay(
            from assembly in Repository.Assemblies
            from reference in assembly.GetReferencedAssemblies()
            where reference.Name!.StartsWith("Toolgate.", StringComparison.Ordinal)
            select (assembly.GetName().Name!["Toolgate.".Length..], reference.Name!["Toolgate.".Length..])).ShouldBeEmpty();

    [Fact]
    public void control_a_reference_backwards_is_found()
    {
        var project = new SourceFile(
            "src/Modules/Policies/Toolgate.Policies.csproj", """<ProjectReference Include="../Toolkits/Toolgate.Toolkits.csproj" />""");

        DependencyRules.WrongWay(DependencyRules.Declared(project)).ShouldBe(["Policies must not know Toolkits"]);
    }

    [Fact]
    public void internals_are_open_to_a_projects_own_tests_only()
    {
        Projects.SelectMany(DependencyRules.OpenDoors).ShouldBeEmpty();
        Repository.Sources.SelectMany(DependencyRules.HiddenDoors).ShouldBeEmpty();
    }

    [Fact]
    public void control_internals_opened_to_another_module_are_found()
    {
        DependencyRules.OpenDoors(new SourceFile(
            "src/Modules/Policies/Toolgate.Policies.csproj", """<InternalsVisibleTo Include="Toolgate.Sessions" />"""))
            .ShouldBe(["Policies opens its internals to Toolgate.Sessions"]);
        DependencyRules.HiddenDoors(new SourceFile("src/Rest/Door.cs", "[assembly: InternalsVisible" + "To(\"Toolgate.Sessions\")]"))
            .ShouldBe(["src/Rest/Door.cs opens internals in code"]);
    }
}
