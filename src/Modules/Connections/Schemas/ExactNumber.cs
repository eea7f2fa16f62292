using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// A JSON number as what it says, not as the nearest double: <c>mantissa × 10^exponent</c>, the mantissa without trailing zeros. No operation
/// builds a number as long as an exponent claims, so <c>1e999999999</c> costs nothing.
/// </summary>
internal readonly struct ExactNumber : IEquatable<ExactNumber>, IComparable<ExactNumber>
{
    /// <summary>More digits than this are no number that anybody means.</summary>
    public const int MaxDigits = 1_000;

    private readonly BigInteger mantissa;
    private readonly long exponent;

    private ExactNumber(BigInteger mantissa, long exponent)
    {
        if (mantissa.IsZero)
        {
            this.mantissa = mantissa;
            return;
        }

        while (true)
        {
            var (quotient, rest) = BigInteger.DivRem(mantissa, 10);
            if (!rest.IsZero)
            {
                break;
            }

            (mantissa, exponent) = (quotient, exponent + 1);
        }

        (this.mantissa, this.exponent) = (mantissa, exponent);
    }

    /// <summary>Whether it has no fraction: <c>1.0</c> and <c>1e2</c> are integers.</summary>
    public bool IsInteger => exponent >= 0;

    /// <summary>Whether it is greater than zero.</summary>
    public bool IsPositive => mantissa.Sign > 0;

    /// <summary>Reads a number; nothing when it has more than <see cref="MaxDigits"/> digits.</summary>
    public static ExactNumber? Read(JsonElement element) => element.TryGetInt64(out var small) ? new ExactNumber(small, 0) : Parse(element.GetRawText());

    /// <summary>Reads the text of a JSON number.</summary>
    public static ExactNumber? Parse(string text)
    {
        var mark = text.AsSpan().IndexOfAny('e', 'E');
        var digits = mark < 0 ? text : text[..mark];
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var fraction = point < 0 ? 0 : digits.Length - point - 1;
        digits = point < 0 ? digits : digits.Remove(point, 1);
        if (digits.Length > MaxDigits || !BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var mantissa))
        {
            return null;
        }

        // An exponent beyond a quintillion is as good as any other beyond it.
        const long limit = 1_000_000_000_000_000_000;
        var exponent = 0L;
        if (mark >= 0 && !(long.TryParse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            && Math.Abs(exponent) <= limit))
        {
            exponent = text[mark + 1] == '-' ? -limit : limit;
        }

        return new ExactNumber(mantissa, exponent - fraction);
    }

    /// <summary>As a count between 0 and <see cref="int.MaxValue"/>; nothing when it is no integer or negative.</summary>
    public int? AsCount()
    {
        if (!IsInteger || mantissa.Sign < 0)
        {
            return null;
        }

        return mantissa.IsZero ? 0 : exponent > 9 || mantissa * BigInteger.Pow(10, (int)exponent) > int.MaxValue ? int.MaxValue : (int)(mantissa * BigInteger.Pow(10, (int)exponent));
    }

    /// <summary>Whether it is an integer times <paramref name="divisor"/>, which is positive.</summary>
    public bool IsMultipleOf(ExactNumber divisor)
    {
        if (mantissa.IsZero)
        {
            return true;
        }

        // This mantissa ends in no zero, so it is no multiple of ten: with the finer exponent it cannot divide.
        return exponent >= divisor.exponent
            && (mantissa % divisor.mantissa * BigInteger.ModPow(10, exponent - divisor.exponent, divisor.mantissa) % divisor.mantissa).IsZero;
    }

    /// <inheritdoc/>
    public int CompareTo(ExactNumber other)
    {
        if (mantissa.Sign != other.mantissa.Sign || mantissa.IsZero)
        {
            return mantissa.Sign.CompareTo(other.mantissa.Sign);
        }

        // First by magnitude, so that aligning the mantissas adds no more zeros than there are digits.
        var (digits, otherDigits) = (Digits(mantissa), Digits(other.mantissa));
        var byMagnitude = (digits + exponent).CompareTo(otherDigits + other.exponent);
        if (byMagnitude != 0)
        {
            return byMagnitude * mantissa.Sign;
        }

        var shift = exponent - other.exponent;
        return shift >= 0
            ? (mantissa * BigInteger.Pow(10, (int)shift)).CompareTo(other.mantissa)
            : mantissa.CompareTo(other.mantissa * BigInteger.Pow(10, (int)-shift));
    }

    /// <inheritdoc/>
    public bool Equals(ExactNumber other) => exponent == other.exponent && mantissa == other.mantissa;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ExactNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(mantissa, exponent);

    /// <summary>For a sentence: plain digits as long as they are few.</summary>
    public override string ToString()
    {
        if (exponent is > 20 or < -20)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{exponent}");
        }

        if (exponent >= 0)
        {
            return (mantissa * BigInteger.Pow(10, (int)exponent)).ToString(CultureInfo.InvariantCulture);
        }

        var digits = BigInteger.Abs(mantissa).ToString(CultureInfo.InvariantCulture).PadLeft((int)-exponent + 1, '0');
        return $"{(mantissa.Sign < 0 ? "-" : "")}{digits[..^(int)-exponent]}.{digits[^(int)-exponent..]}";
    }

    private static int Digits(BigInteger value) => BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture).Length;
}
