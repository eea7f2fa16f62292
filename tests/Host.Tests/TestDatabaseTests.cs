using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

public sealed class TestDatabaseTests
{
    [Fact]
    public async Task every_test_database_is_empty_utf8_and_owned_by_an_ordinary_role()
    {
        await using var first = await TestDatabase.Create();
        await using var second = await TestDatabase.Create();

        await first.Execute("create table only_here (id int)");

        first.Name.ShouldNotBe(second.Name);
        (await second.Scalar<long>("select count(*) from pg_tables where tablename = 'only_here'")).ShouldBe(0);
        (await first.Scalar<string>("show server_encoding")).ShouldBe("UTF8");
        (await first.Scalar<bool>("select rolsuper from pg_roles where rolname = current_user")).ShouldBeFalse();
    }
}
