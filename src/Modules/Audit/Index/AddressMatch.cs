using System.Text;
using Toolgate.Policies;

namespace Toolgate.Audit;

/// <summary>
/// A pattern as conditions on an indexed column in collation "C": a range where the text before the first <c>*</c> allows one, and a
/// regular expression for what a range cannot say. Every condition that is not null must hold.
/// </summary>
/// <param name="Exact">The address.</param>
/// <param name="From">First address of the range.</param>
/// <param name="Before">End of the range, exclusive.</param>
/// <param name="Regex">An advanced regular expression of PostgreSQL without back references: matching is linear.</param>
internal sealed record AddressMatch(string? Exact, string? From, string? Before, string? Regex)
{
    private const string Special = @"\.[](){}+*?^$|";

    /// <summary>The conditions of a pattern.</summary>
    public static AddressMatch Of(Pattern pattern)
    {
        var text = pattern.Text;
        var star = text.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return new AddressMatch(text, null, null, null);
        }

        if (star == 0)
        {
            return new AddressMatch(null, null, null, null);
        }

        // The prefix itself matches `prefix.*` too. '/' follows '.' bytewise, so the range also holds addresses such as `prefix-x`, which
        // sort between the prefix and `prefix.`; the expression leaves them out.
        var prefix = text[..(star - 1)];
        return new AddressMatch(null, prefix, prefix + "/", Expression(text.Split('.')));
    }

    private static string Expression(string[] segments)
    {
        var expression = new StringBuilder("^");
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i] == "*" && i == segments.Length - 1)
            {
                return expression.Append(@"(\..*)?$").ToString();
            }

            expression.Append(i == 0 ? "" : @"\.");
            if (segments[i] == "*")
            {
                expression.Append("[^.]+");
                continue;
            }

            foreach (var c in segments[i])
            {
                expression.Append(Special.Contains(c) ? "\\" : "").Append(c);
            }
        }

        return expression.Append('$').ToString();
    }
}
