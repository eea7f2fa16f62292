using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Secrets;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class StateSealTests : IDisposable
{
    private static readonly byte[] State = Encoding.UTF8.GetBytes("what a client carries");
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_one_node_sealed_every_node_opens_and_nobody_reads()
    {
        var text = Seal().Seal(State, "a");
        Seal().Open(text, "a").ShouldBe(State);
        Base64Url.IsValid(text).ShouldBeTrue();
        Encoding.Latin1.GetString(Base64Url.DecodeFromChars(text)).ShouldNotContain("client");
        Seal().Seal(State, "a").ShouldNotBe(text);
        Seal().Open(Seal().Seal([], "a"), "a").ShouldBe([]);
    }

    [Fact]
    public void A_text_for_one_purpose_does_not_open_for_another()
    {
        var seal = Seal();
        seal.Open(seal.Seal(State, "a"), "b").ShouldBeNull();
    }

    [Fact]
    public void A_text_opens_after_a_rotation_for_as_long_as_its_key_is_kept()
    {
        var ring = Ring();
        var seal = new StateSeal(ring);
        var text = seal.Seal(State, "a");
        ring.Add();
        seal.Open(text, "a").ShouldBe(State);
        ring.Add();
        ring.Forget();
        seal.Open(text, "a").ShouldBeNull();
    }

    [Fact]
    public void A_text_of_another_deployment_does_not_open()
    {
        using var elsewhere = new TestFolder();
        var theirs = new StateSeal(new MasterKeyRing(Options.Create(new SecretsOptions { DataDirectory = elsewhere.Path }), NullLogger<MasterKeyRing>.Instance));
        Seal().Open(theirs.Seal(State, "a"), "a").ShouldBeNull();
    }

    [Fact]
    public void No_single_changed_byte_and_no_cut_goes_unnoticed()
    {
        var seal = Seal();
        var box = Base64Url.DecodeFromChars(seal.Seal(State, "a"));
        for (var i = 0; i < box.Length; i++)
        {
            var changed = box.ToArray();
            changed[i] ^= 1;
            seal.Open(Base64Url.EncodeToString(changed), "a").ShouldBeNull($"byte {i}");
            seal.Open(Base64Url.EncodeToString(box.AsSpan(0, i)), "a").ShouldBeNull($"cut at {i}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("not base64 \u0000 at all")]
    [InlineData("AAAA")]
    public void What_is_no_sealed_text_does_not_open(string text) => Seal().Open(text, "a").ShouldBeNull();

    private StateSeal Seal() => new(Ring());

    private MasterKeyRing Ring() => new(Options.Create(new SecretsOptions { DataDirectory = folder.Path }), NullLogger<MasterKeyRing>.Instance);
}
