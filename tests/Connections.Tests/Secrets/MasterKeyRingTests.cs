using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Secrets;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class MasterKeyRingTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string KeyFile => Path.Combine(folder.Path, "master.key");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_key_file_is_made_for_its_owner_alone_and_found_again()
    {
        var made = Ring().Current;
        File.GetUnixFileMode(KeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Ring().Current.Id.ShouldBe(made.Id);
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem("no draft is left behind");
    }

    [Fact]
    public void A_key_file_that_others_can_read_is_refused()
    {
        _ = Ring().Current;
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Should.Throw<InvalidOperationException>(() => Ring().Current).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public async Task Hosts_that_start_together_agree_on_one_key()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Ring().Current.Id)));
        ids.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_rotation_in_another_process_is_seen_for_sealing_and_for_opening()
    {
        var here = Ring();
        var old = here.Current;
        var added = Ring().Add();
        here.Current.Id.ShouldBe(added.Id);
        here.Find(added.Id).ShouldNotBeNull();
        here.Find(old.Id).ShouldNotBeNull("it is still needed until everything is rewrapped");
        here.Find("mk_unknown").ShouldBeNull();
    }

    [Fact]
    public void Only_the_last_two_keys_stay_after_a_rotation()
    {
        var ring = Ring();
        var first = ring.Current;
        var second = ring.Add();
        var third = ring.Add();
        ring.Forget();
        ring.Current.Id.ShouldBe(third.Id);
        ring.Find(second.Id).ShouldNotBeNull();
        ring.Find(first.Id).ShouldBeNull();
    }

    [Fact]
    public void A_configured_key_needs_no_file_and_is_not_ours_to_replace()
    {
        var key = Convert.ToBase64String(new byte[32]);
        var ring = Ring(key);
        ring.Current.Key.ShouldBe(new byte[32]);
        File.Exists(KeyFile).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(ring.Add);
    }

    [Theory]
    [InlineData("not base64", false)]
    [InlineData("c2hvcnQ=", false)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true)]
    public void A_configured_key_is_base64_of_32_bytes(string key, bool valid) => new SecretsOptions { MasterKey = key }.IsValid().ShouldBe(valid);

    private MasterKeyRing Ring(string? configured = null) => new(
        Options.Create(new SecretsOptions { DataDirectory = folder.Path, MasterKey = configured }), NullLogger<MasterKeyRing>.Instance);
}
