using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Connections;

/// <summary>
/// AES-256-GCM under a key of its own for each text, derived by HKDF-SHA256 (RFC 5869) from the master key and a random salt, so that no number of texts
/// wears a key out.
/// <code>
/// version 1 │ master key id 8 │ salt 16 │ nonce 12 │ tag 16 │ encrypted state
/// </code>
/// </summary>
internal sealed class StateSeal(MasterKeyRing ring) : IStateSeal
{
    private const byte Version = 1;
    private const int IdBytes = 8;
    private const int SaltBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeadBytes = 1 + IdBytes + SaltBytes;
    private const int Overhead = HeadBytes + NonceBytes + TagBytes;
    private const int MostCharacters = 512 * 1024;
    private const string IdPrefix = "mk_";

    public string Seal(ReadOnlySpan<byte> state, string purpose)
    {
        var master = ring.Current;
        var box = new byte[Overhead + state.Length];
        box[0] = Version;
        Convert.FromHexString(master.Id.AsSpan(IdPrefix.Length)).CopyTo(box.AsSpan(1));
        RandomNumberGenerator.Fill(box.AsSpan(1 + IdBytes, SaltBytes + NonceBytes));
        using var aes = Cipher(master, box, purpose);
        aes.Encrypt(box.AsSpan(HeadBytes, NonceBytes), state, box.AsSpan(Overhead), box.AsSpan(HeadBytes + NonceBytes, TagBytes), box.AsSpan(0, HeadBytes));
        return Base64Url.EncodeToString(box);
    }

    public byte[]? Open(string text, string purpose)
    {
        if (text.Length > MostCharacters || !Base64Url.IsValid(text, out var length) || length < Overhead)
        {
            return null;
        }

        var box = Base64Url.DecodeFromChars(text);
        if (box[0] != Version || ring.Find(IdPrefix + Convert.ToHexStringLower(box.AsSpan(1, IdBytes))) is not { } master)
        {
            return null;
        }

        var state = new byte[box.Length - Overhead];
        using var aes = Cipher(master, box, purpose);
        try
        {
            aes.Decrypt(box.AsSpan(HeadBytes, NonceBytes), box.AsSpan(Overhead), box.AsSpan(HeadBytes + NonceBytes, TagBytes), state, box.AsSpan(0, HeadBytes));
            return state;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static AesGcm Cipher(MasterKey master, ReadOnlySpan<byte> box, string purpose)
    {
        Span<byte> key = stackalloc byte[MasterKeyRing.KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master.Key, key, box.Slice(1 + IdBytes, SaltBytes), Encoding.UTF8.GetBytes("toolgate state " + purpose));
        try
        {
            return new AesGcm(key, TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
