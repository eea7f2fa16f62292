using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Toolgate.Rest;

/// <summary>A piece of HTML. What is put into it is text and is encoded, unless it is a piece of HTML itself.</summary>
/// <param name="Text">The markup.</param>
public readonly record struct Html(string Text)
{
    /// <summary>Nothing.</summary>
    public static Html Empty { get; } = new("");

    /// <summary>The markup of an interpolated string: its literal parts as they are, its holes encoded for text and quoted attributes.</summary>
    /// <param name="markup">The interpolated string.</param>
    public static Html Of(HtmlInterpolation markup) => new(markup.ToString());

    /// <summary>Pieces, one behind the other.</summary>
    /// <param name="pieces">The pieces.</param>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece.Text)));

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Writes an interpolated string as HTML. Attributes must be quoted; holes must not stand in scripts, styles or names.</summary>
[InterpolatedStringHandler]
public readonly ref struct HtmlInterpolation
{
    private readonly StringBuilder output;

    /// <summary>Called by the compiler.</summary>
    public HtmlInterpolation(int literalLength, int formattedCount) => output = new StringBuilder(literalLength + (formattedCount * 16));

    /// <summary>Called by the compiler: markup.</summary>
    public void AppendLiteral(string markup) => output.Append(markup);

    /// <summary>Called by the compiler: a piece of HTML stays as it is.</summary>
    public void AppendFormatted(Html piece) => output.Append(piece.Text);

    /// <summary>Called by the compiler: text is encoded.</summary>
    public void AppendFormatted(string? text) => output.Append(HtmlEncoder.Default.Encode(text ?? ""));

    /// <summary>Called by the compiler: anything else is text.</summary>
    public void AppendFormatted<T>(T value) => AppendFormatted(Convert.ToString(value, CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => output.ToString();
}
