namespace Toolgate.Architecture.Tests;

public sealed class TextTests
{
    private static readonly SourceFile Clean = new("src/Modules/Policies/Deciding/Clean.cs", "namespace X;\n\ninternal sealed class Clean;\n");

    [Fact]
    public void no_file_is_two_things() => Repository.Files.SelectMany(TextRules.TooLong).ShouldBeEmpty();

    [Fact]
    public void control_a_long_file_is_found()
    {
        TextRules.TooLong(Clean).ShouldBeEmpty();
        TextRules.TooLong(Clean with { Text = new string('\n', 400) }).ShouldBeEmpty();
        TextRules.TooLong(Clean with { Text = new string('\n', 401) }).ShouldBe([Clean.Path + " has 401 lines"]);
    }

    [Fact]
    public void nothing_is_left_undone() => Repository.Files.SelectMany(TextRules.LeftUndone).ShouldBeEmpty();

    [Fact]
    public void control_a_mark_of_unfinished_work_is_found()
    {
        TextRules.LeftUndone(Clean).ShouldBeEmpty();
        TextRules.LeftUndone(Clean with { Text = "// TO" + "DO: later" }).Count().ShouldBe(1);
        TextRules.LeftUndone(Clean with { Text = "throw new NotImplemented" + "Exception();" }).Count().ShouldBe(1);
    }

    [Fact]
    public void time_is_an_input() => Repository.Sources.SelectMany(TextRules.FixedClocks).ShouldBeEmpty();

    [Theory]
    [InlineData("DateTime.", "Now")]
    [InlineData("DateTime.", "UtcNow")]
    [InlineData("DateTimeOffset.", "UtcNow")]
    public void control_a_fixed_clock_is_found(string type, string member)
    {
        TextRules.FixedClocks(Clean with { Text = "time.GetUtcNow()" }).ShouldBeEmpty();
        TextRules.FixedClocks(Clean with { Text = $"var now = {type}{member};" }).Count().ShouldBe(1);
    }

    [Fact]
    public void every_test_is_run() => Repository.Files.SelectMany(TextRules.SkippedTests).ShouldBeEmpty();

    [Fact]
    public void control_a_skipped_test_is_found()
    {
        TextRules.SkippedTests(Clean with { Text = "[Fact]" }).ShouldBeEmpty();
        TextRules.SkippedTests(Clean with { Text = "[Fact(Sk" + "ip = \"flaky\")]" }).Count().ShouldBe(1);
    }

    [Fact]
    public void only_the_event_store_knows_the_sql_of_the_log() => Repository.Sources.SelectMany(TextRules.SqlOfTheLog).ShouldBeEmpty();

    [Theory]
    [InlineData("select data from events.mt_events", 1, 0)]
    [InlineData("select data from mt_events", 1, 0)]
    [InlineData("update events.mt_streams set version = 1", 1, 1)]
    [InlineData("insert into events.mt_events (seq_id) values (1)", 1, 1)]
    [InlineData("create unique index i on events.mt_events (type)", 1, 1)]
    public void control_sql_of_the_log_elsewhere_is_found(string sql, int inASlice, int inAProjection)
    {
        TextRules.SqlOfTheLog(Clean).ShouldBeEmpty();
        TextRules.SqlOfTheLog(Clean with { Text = sql }).Count().ShouldBe(inASlice);
        TextRules.SqlOfTheLog(Clean with { Text = "class Calls : IProjection\n" + sql }).Count().ShouldBe(inAProjection);
        TextRules.SqlOfTheLog(new SourceFile("src/EventStore/Reading/Reader.cs", sql)).ShouldBeEmpty();
    }

    [Fact]
    public void nobody_touches_anothers_tables() => TextRules.OthersTables(Repository.Sources).ShouldBeEmpty();

    [Fact]
    public void control_a_use_of_anothers_table_is_found()
    {
        var owner = new SourceFile("src/Modules/Connections/Migrations/0001_secrets.sql", "create table if not exists toolgate.secrets (id text)");
        var own = new SourceFile("src/Modules/Connections/Sealing/Secrets.cs", "\"\"\"\nselect id from toolgate.secrets\n\"\"\"");

        TextRules.OthersTables([owner, own]).ShouldBeEmpty();
        TextRules.OthersTables([owner, own with { Path = "src/Modules/Audit/Searching/Peek.cs" }])
            .ShouldBe(["src/Modules/Audit/Searching/Peek.cs uses toolgate.secrets of Connections"]);
    }
}
