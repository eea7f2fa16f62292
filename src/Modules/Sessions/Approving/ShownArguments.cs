using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Sessions;

/// <summary>What people are shown of the arguments of a call.</summary>
/// <param name="Json">An object, one line; every value that is shown is the one that would be sent.</param>
/// <param name="Altered">Whether something was left out or cut. A hidden secret does not count: it says so itself.</param>
internal sealed partial record ShownArguments(string Json, bool Altered)
{
    /// <summary>What stands for a secret.</summary>
    public const string Hidden = "(hidden)";

    private const string Cut = "(not shown)";
    private const int MostBytes = 16 * 1024;
    private const int LongestText = 2_000;
    private const int LongestName = 100;
    private const int MostMembers = 100;
    private const int MostDepth = 12;

    /// <summary>Renders arguments: secrets hidden by schema (<c>writeOnly</c>, <c>format: password</c>) and by name, invisible characters dropped, bounded.</summary>
    /// <param name="schema">JSON Schema of the tool, UTF-8.</param>
    /// <param name="arguments">A JSON object, UTF-8.</param>
    public static ShownArguments Of(ReadOnlyMemory<byte> schema, ReadOnlyMemory<byte> arguments)
    {
        using var rules = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 1_000 });
        using var given = JsonDocument.Parse(arguments, new JsonDocumentOptions { MaxDepth = MessageReader.MaxDepth });
        var output = new ArrayBufferWriter<byte>(512);
        using var writer = new Writer(new SchemaWalk(rules.RootElement), output);
        writer.Write(given.RootElement);
        return new ShownArguments(Encoding.UTF8.GetString(output.WrittenSpan), writer.Altered);
    }

    /// <summary>Whether a member of that name most likely holds a secret.</summary>
    public static bool SoundsSecret(string name) => SecretName().IsMatch(Words().Replace(name, " "));

    // A word of its own: "token" and "accessToken", not "tokens" of a text model's budget.
    [GeneratedRegex(
        @"(\A|[^a-z])(pass ?(word|wd|phrase|code)s?|pwd|secrets?|token|api ?keys?|(access|private|signing|encryption|client|auth) ?keys?|authorization|bearer|credentials?|cookies?|session ?id|otp|pin|cvv|cvc)([^a-z]|\z)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    private sealed class Writer(SchemaWalk walk, ArrayBufferWriter<byte> output) : IDisposable
    {
        private readonly Utf8JsonWriter json = new(output, ToolErrors.Relaxed);
        private bool altered;

        public bool Altered => altered;

        public void Write(JsonElement arguments)
        {
            Value(arguments, walk.Start(), 0);
            json.Flush();
        }

        public void Dispose() => json.Dispose();

        private bool IsFull => json.BytesPending + json.BytesCommitted > MostBytes;

        private void Value(JsonElement value, List<JsonElement> schemas, int depth)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object or JsonValueKind.Array when depth >= MostDepth:
                    altered = true;
                    json.WriteStringValue(Cut);
                    break;
                case JsonValueKind.Object:
                    Members(value, schemas, depth);
                    break;
                case JsonValueKind.Array:
                    Items(value, schemas, depth);
                    break;
                case JsonValueKind.String:
                    json.WriteStringValue(ShownText.Of(value.GetString()!, LongestText, lines: true, ref altered));
                    break;
                case JsonValueKind.Number when value.GetRawText().Length > LongestName:
                    altered = true;
                    json.WriteStringValue(Cut);
                    break;
                default:
                    value.WriteTo(json);
                    break;
            }
        }

        private void Members(JsonElement value, List<JsonElement> schemas, int depth)
        {
            json.WriteStartObject();
            var count = 0;
            foreach (var member in value.EnumerateObject())
            {
                if (++count > MostMembers || IsFull)
                {
                    altered = true;
                    json.WriteString("…"u8, Cut);
                    break;
                }

                json.WritePropertyName(ShownText.Of(member.Name, LongestName, lines: false, ref altered));
                var said = walk.Member(schemas, member.Name);
                if (member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False) && (SoundsSecret(member.Name) || SchemaWalk.MarksSecret(said)))
                {
                    json.WriteStringValue(Hidden);
                }
                else
                {
                    Value(member.Value, said, depth + 1);
                }
            }

            json.WriteEndObject();
        }

        private void Items(JsonElement value, List<JsonElement> schemas, int depth)
        {
            json.WriteStartArray();
            var (said, count) = (walk.Item(schemas), 0);
            foreach (var item in value.EnumerateArray())
            {
                if (++count > MostMembers || IsFull)
                {
                    altered = true;
                    json.WriteStringValue(Cut);
                    break;
                }

                if (SchemaWalk.MarksSecret(said))
                {
                    json.WriteStringValue(Hidden);
                }
                else
                {
                    Value(item, said, depth + 1);
                }
            }

            json.WriteEndArray();
        }
    }
}
