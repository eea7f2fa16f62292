using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>Names of members that are known, ready to be compared with bytes.</summary>
internal sealed class MemberNames(params string[] names)
{
    /// <summary>As text.</summary>
    public string[] Text { get; } = names;

    /// <summary>As bytes.</summary>
    public byte[][] Bytes { get; } = Array.ConvertAll(names, Encoding.UTF8.GetBytes);
}

/// <summary>Recognises the members of an object and notices one that stands twice or in another case. Up to 32 names.</summary>
internal struct Members(MemberNames names)
{
    private uint seen;

    /// <summary>Whether a member was there.</summary>
    public readonly bool Has(string name) => (seen & (1u << Array.IndexOf(names.Text, name))) != 0;

    /// <summary>
    /// The name of the member that the reader stands on; null for one that is not known. Fills <paramref name="twice"/> with the name of a
    /// known one that is there again or in another case.
    /// </summary>
    public string? Take(ref Utf8JsonReader reader, ref string? twice)
    {
        for (var i = 0; i < names.Bytes.Length; i++)
        {
            if (reader.ValueTextEquals(names.Bytes[i]))
            {
                if ((seen & (1u << i)) != 0)
                {
                    twice ??= names.Text[i];
                }

                seen |= 1u << i;
                return names.Text[i];
            }
        }

        // Six bytes is the longest escape of one ASCII letter: nothing longer can be a variant of a known name.
        if (reader.ValueSpan.Length <= 6 * 48)
        {
            var other = reader.GetString();
            foreach (var name in names.Text)
            {
                if (string.Equals(name, other, StringComparison.OrdinalIgnoreCase))
                {
                    twice ??= name;
                }
            }
        }

        return null;
    }
}
