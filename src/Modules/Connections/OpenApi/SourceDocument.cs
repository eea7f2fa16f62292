using System.Text;
using System.Text.Json;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>The document as a tree, with its inner references resolved and remembered. Reads nothing from anywhere else.</summary>
internal sealed class SourceDocument(JsonElement root)
{
    private readonly JsonPointers pointers = new(root);

    /// <summary>The document itself.</summary>
    public JsonElement Root { get; } = root;

    /// <summary>One more step of a JSON Pointer (RFC 6901).</summary>
    public static string Child(string pointer, string segment) => JsonPointer.Child(pointer, segment);

    /// <summary>The pointer of an element of an array.</summary>
    public static string Child(string pointer, int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{pointer}/{index}");

    /// <summary>Follows a chain of <c>$ref</c> to what it means, and where that stands; refuses the operation when it leads nowhere.</summary>
    public (JsonElement Element, string Pointer) Follow(JsonElement element, string pointer)
    {
        for (var hops = 0; hops < 32; hops++)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("$ref", out var reference)
                || reference.ValueKind != JsonValueKind.String)
            {
                return (element, pointer);
            }

            var target = TargetOf(reference.GetString()!, pointer);
            (element, pointer) = (Find(target, pointer), target);
        }

        throw new OperationRefusedException(pointer, "reference_cycle", "This reference leads back to itself.");
    }

    /// <summary>The JSON Pointer that a reference means; refuses the operation when it leaves the document.</summary>
    public static string TargetOf(string reference, string pointer)
    {
        if (reference is not ['#', ..])
        {
            throw new OperationRefusedException(Child(pointer, "$ref"), "external_reference",
                "References to other documents are not followed; put what it means into this document.");
        }

        var target = reference.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(reference[1..]) : reference[1..];
        return target is "" or ['/', ..] ? target : throw new OperationRefusedException(
            Child(pointer, "$ref"), "unsupported_reference", "References by anchor are not supported here; use a JSON Pointer such as #/components/schemas/Name.");
    }

    /// <summary>What stands at <paramref name="target"/>; refuses the operation when nothing does.</summary>
    public JsonElement Find(string target, string referrer) => pointers.Find(target) ?? throw new OperationRefusedException(
        Child(referrer, "$ref"), "unresolved_reference", $"Nothing stands at #{Shorten(target)} in this document.");

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "…";
}

/// <summary>Lenient reads of members whose kind a document may get wrong.</summary>
internal static class JsonReading
{
    /// <summary>The member, when the element is an object that has it.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

    /// <summary>The member when it is a string.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } member ? member.GetString() : null;

    /// <summary>The member when it is a string or a number (YAML writes <c>version: 1.0</c>).</summary>
    public static string? Label(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : element.Text(name);

    /// <summary>The member when it is a boolean.</summary>
    public static bool? Flag(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } member ? member.GetBoolean() : null;

    /// <summary>The members of an object member; nothing when it is none.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Object } member ? member.EnumerateObject() : [];

    /// <summary>The elements of an array member; nothing when it is none.</summary>
    public static IEnumerable<JsonElement> Elements(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } member ? member.EnumerateArray() : [];

    /// <summary>The text when it says something.</summary>
    public static string? OrNull(this string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>The bytes of the text form in UTF-8.</summary>
    public static byte[] Utf8(this string text) => Encoding.UTF8.GetBytes(text);
}
