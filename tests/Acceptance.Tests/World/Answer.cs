using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>An HTTP response, read whole.</summary>
public sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;

    /// <summary>The body as JSON; an event stream gives the data of its last message that is a response.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                return Header("Content-Type")?.StartsWith("text/event-stream", StringComparison.Ordinal) == true
                    ? SseText.Messages(Text).Last(message => message.TryGetProperty("result", out _) || message.TryGetProperty("error", out _))
                    : JsonDocument.Parse(Body).RootElement;
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                throw new ShouldAssertException($"Not JSON: {this}", exception);
            }
        }
    }

    public long Position => long.Parse(Header("Toolgate-Position").ShouldNotBeNull("no Toolgate-Position"), CultureInfo.InvariantCulture);

    public string ETag => Header("ETag").ShouldNotBeNull("no ETag");

    /// <summary>Fails with the whole answer unless the status is the expected one.</summary>
    public Answer Expect(int status)
    {
        Status.ShouldBe(status, ToString());
        return this;
    }

    public override string ToString()
        => $"{Status}\n{string.Join('\n', Headers.Select(header => $"{header.Key}: {header.Value}"))}\n\n{(Text.Length > 2_000 ? Text[..2_000] + "…" : Text)}";

    public static async Task<Answer> Of(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }
}

/// <summary>Reads the text of an event stream.</summary>
public static class SseText
{
    /// <summary>The data of every event that has some, parsed.</summary>
    public static IEnumerable<JsonElement> Messages(string text)
        => text.ReplaceLineEndings("\n").Split("\n\n")
            .Select(block => string.Join('\n', block.Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal)).Select(line => line[5..].TrimStart(' '))))
            .Where(data => data.Length > 0)
            .Select(data => JsonDocument.Parse(data).RootElement);
}
