using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Toolgate.Connections;

namespace Toolgate.Sessions.Tests;

/// <summary>Seals under a key of the test's own; the one that is derived from the master key is tested where it lives.</summary>
internal sealed class TestSeal : IStateSeal
{
    private const int Head = 28;
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    public string Seal(ReadOnlySpan<byte> state, string purpose)
    {
        var box = new byte[Head + state.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, 12));
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(box.AsSpan(0, 12), state, box.AsSpan(Head), box.AsSpan(12, 16), Encoding.UTF8.GetBytes(purpose));
        return Base64Url.EncodeToString(box);
    }

    public byte[]? Open(string text, string purpose)
    {
        if (!Base64Url.IsValid(text, out var length) || length < Head)
        {
            return null;
        }

        var box = Base64Url.DecodeFromChars(text);
        var state = new byte[box.Length - Head];
        using var aes = new AesGcm(key, 16);
        try
        {
            aes.Decrypt(box.AsSpan(0, 12), box.AsSpan(Head), box.AsSpan(12, 16), state, Encoding.UTF8.GetBytes(purpose));
            return state;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
