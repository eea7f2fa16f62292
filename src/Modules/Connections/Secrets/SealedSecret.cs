using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Connections;

/// <summary>
/// The values of one connection, sealed: a random data key of its own seals each value (AES-256-GCM), a master key wraps the data key.
/// Associated data bind the data key to the secret's id, and each value to id and variable: rows and values cannot be swapped.
/// <code>
/// wrapped key    nonce 12 · tag 16 · key 32                          aad  "toolgate:data-key:" id
/// sealed values  1 · count:2 ( name length:2 · name · length:4 · nonce 12 · tag 16 · value )*   aad  "toolgate:value:" id 0 name
/// </code>
/// </summary>
internal sealed record SealedSecret(string Id, string MasterKeyId, byte[] WrappedKey, byte[] SealedValues)
{
    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Seals values under a new data key.</summary>
    public static SealedSecret Seal(string id, IReadOnlyDictionary<string, string> values, MasterKey master)
    {
        var dataKey = RandomNumberGenerator.GetBytes(MasterKeyRing.KeyBytes);
        try
        {
            using var output = new MemoryStream();
            output.WriteByte(Format);
            WriteShort(output, values.Count);
            Span<byte> length = stackalloc byte[4];
            foreach (var (variable, value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                var name = Encoding.UTF8.GetBytes(variable);
                var plain = Encoding.UTF8.GetBytes(value);
                var box = Encrypt(dataKey, plain, ValueContext(id, variable));
                CryptographicOperations.ZeroMemory(plain);
                WriteShort(output, name.Length);
                output.Write(name);
                BinaryPrimitives.WriteInt32BigEndian(length, box.Length);
                output.Write(length);
                output.Write(box);
            }

            return new SealedSecret(id, master.Id, Encrypt(master.Key, dataKey, KeyContext(id)), output.ToArray());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    /// <summary>Opens the values.</summary>
    /// <exception cref="CryptographicException">Wrong key, or the row was tampered with.</exception>
    public IReadOnlyDictionary<string, string> Open(MasterKey master)
    {
        var dataKey = Decrypt(master.Key, WrappedKey, KeyContext(Id));
        try
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            var rest = SealedValues.AsSpan();
            if (rest.Length < 3 || rest[0] != Format)
            {
                throw new CryptographicException("The secret has an unknown format.");
            }

            var count = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
            rest = rest[3..];
            for (var i = 0; i < count; i++)
            {
                var name = Encoding.UTF8.GetString(Take(ref rest, BinaryPrimitives.ReadUInt16BigEndian(Take(ref rest, 2))));
                var box = Take(ref rest, BinaryPrimitives.ReadInt32BigEndian(Take(ref rest, 4)));
                var plain = Decrypt(dataKey, box, ValueContext(Id, name));
                values.Add(name, Encoding.UTF8.GetString(plain));
                CryptographicOperations.ZeroMemory(plain);
            }

            return values;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    /// <summary>The same values with the data key wrapped by another master key.</summary>
    public SealedSecret Rewrap(MasterKey from, MasterKey to)
    {
        var dataKey = Decrypt(from.Key, WrappedKey, KeyContext(Id));
        try
        {
            return this with { MasterKeyId = to.Id, WrappedKey = Encrypt(to.Key, dataKey, KeyContext(Id)) };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    private static byte[] Encrypt(byte[] key, ReadOnlySpan<byte> plain, byte[] context)
    {
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), context);
        return box;
    }

    private static byte[] Decrypt(byte[] key, ReadOnlySpan<byte> box, byte[] context)
    {
        if (box.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("The secret is cut off.");
        }

        var plain = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain, context);
        return plain;
    }

    private static byte[] KeyContext(string id) => Encoding.UTF8.GetBytes("toolgate:data-key:" + id);

    private static byte[] ValueContext(string id, string variable) => Encoding.UTF8.GetBytes($"toolgate:value:{id}\0{variable}");

    private static Span<byte> Take(ref Span<byte> rest, int length)
    {
        if (length < 0 || length > rest.Length)
        {
            throw new CryptographicException("The secret is cut off.");
        }

        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static void WriteShort(Stream output, int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, checked((ushort)value));
        output.Write(bytes);
    }
}
