using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Connections.Tests.Secrets;

public sealed class SealedSecretTests
{
    private static readonly Dictionary<string, string> Values = new() { ["email"] = "ann@example.org", ["key"] = "sk-1234567890" };
    private readonly MasterKey master = NewKey();

    [Fact]
    public void What_was_sealed_comes_back()
    {
        var secret = SealedSecret.Seal("sec_a", Values, master);
        secret.Open(master).ShouldBe(Values, ignoreOrder: true);
    }

    [Fact]
    public void The_envelope_holds_no_plain_value()
    {
        var secret = SealedSecret.Seal("sec_a", Values, master);
        var everything = Encoding.Latin1.GetString([.. secret.SealedValues, .. secret.WrappedKey]);
        everything.ShouldNotContain("sk-1234567890");
        everything.ShouldNotContain("ann@example.org");
        everything.ShouldContain("email", customMessage: "the control: names are not secret, and the search works");
    }

    [Fact]
    public void The_same_values_never_look_the_same()
        => SealedSecret.Seal("sec_a", Values, master).SealedValues.ShouldNotBe(SealedSecret.Seal("sec_a", Values, master).SealedValues);

    [Fact]
    public void Another_master_key_opens_nothing()
        => Should.Throw<CryptographicException>(() => SealedSecret.Seal("sec_a", Values, master).Open(NewKey()));

    [Fact]
    public void A_secret_cannot_be_moved_to_another_row()
        => Should.Throw<CryptographicException>(() => (SealedSecret.Seal("sec_a", Values, master) with { Id = "sec_b" }).Open(master));

    [Fact]
    public void A_value_cannot_be_moved_to_another_variable()
    {
        var secret = SealedSecret.Seal("sec_a", new Dictionary<string, string> { ["aaa"] = "one" }, master);
        var moved = Encoding.Latin1.GetString(secret.SealedValues).Replace("aaa", "bbb", StringComparison.Ordinal);
        Should.Throw<CryptographicException>(() => (secret with { SealedValues = Encoding.Latin1.GetBytes(moved) }).Open(master));
    }

    [Fact]
    public void Every_changed_and_every_missing_byte_is_noticed()
    {
        var secret = SealedSecret.Seal("sec_a", new Dictionary<string, string> { ["t"] = "v" }, master);
        for (var i = 0; i < secret.SealedValues.Length; i++)
        {
            var changed = (byte[])secret.SealedValues.Clone();
            changed[i] ^= 1;
            IsIntact(secret with { SealedValues = changed }).ShouldBeFalse($"byte {i} was changed");
            IsIntact(secret with { SealedValues = secret.SealedValues[..i] }).ShouldBeFalse($"cut at {i}");
        }
    }

    [Fact]
    public void Rewrapping_changes_the_wrapping_and_nothing_else()
    {
        var next = NewKey();
        var before = SealedSecret.Seal("sec_a", Values, master);
        var after = before.Rewrap(master, next);
        after.SealedValues.ShouldBeSameAs(before.SealedValues);
        after.MasterKeyId.ShouldBe(next.Id);
        after.Open(next).ShouldBe(Values, ignoreOrder: true);
        Should.Throw<CryptographicException>(() => after.Open(master));
    }

    private bool IsIntact(SealedSecret secret)
    {
        try
        {
            return secret.Open(master) is { Count: 1 } values && values.TryGetValue("t", out var value) && value == "v";
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static MasterKey NewKey() => MasterKey.Of(RandomNumberGenerator.GetBytes(MasterKeyRing.KeyBytes));
}
