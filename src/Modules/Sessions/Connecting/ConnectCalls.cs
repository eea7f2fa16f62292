using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// Answers calls of tools that ask their caller to connect an account of their own. The link holds nothing that lets anybody in: who opens it signs in, and
/// connects for themselves. A client that can show pages is asked to show it (2025-11-25, "URL Mode Elicitation Requests"); any other gets it as text.
/// </summary>
internal sealed class ConnectCalls(IToolViews views)
{
    private const string Shown = "The user was shown the page. ";
    private const string Later = "When an account is connected, its tools are listed here: list the tools again then.";

    /// <summary>The outcome of a call; it is never an error, for what happens next is up to a person.</summary>
    /// <param name="call">The call.</param>
    /// <param name="integration">The integration that its tool is about.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    public async ValueTask<ToolOutcome> Answer(CallRequest call, string integration, CancellationToken cancellationToken)
    {
        var url = $"{call.Origin}/connect/{Uri.EscapeDataString(integration)}" + (call.View.Resource.Slug is { } slug ? "?toolkit=" + Uri.EscapeDataString(slug) : "");
        if (IsConnected(call))
        {
            return Of(integration, url, true, Connected(integration));
        }

        var action = call.Client.CanAsk && DeclaredCapabilities.Of(call.Client.Capabilities.Span).Url ? await Show(call, integration, url, cancellationToken) : null;
        if (IsConnected(call))
        {
            return Of(integration, url, true, Connected(integration));
        }

        return Of(integration, url, false, action switch
        {
            "accept" => Shown + Later,
            "decline" or "cancel" => $"The user did not open the page. Ask them before you try again; it is {url}",
            _ => $"No account of the user's own at {integration} is connected. Give the user this link; they open it, sign in and connect an account: {url}\n{Later}",
        });
    }

    private static string Connected(string integration) => $"An account of the user's own at {integration} is connected. Its tools are listed here: list the tools again.";

    /// <summary>Whether the tool has given way to what it stands for, as of now.</summary>
    private bool IsConnected(CallRequest call)
        => views.Find(call.View.Resource, call.Caller) is { } now && now.FindConnecting(call.Tool!.Tool.Address) is { } address && !now.ByAddress.ContainsKey(address);

    /// <summary>Has the client show the page; what the user did, as far as the client knows: <c>accept</c> says only that they agreed to open it.</summary>
    private static async ValueTask<string?> Show(CallRequest call, string integration, string url, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("mode"u8, "url"u8);
            json.WriteString("message"u8, $"Connect your own account at {integration}, so that this toolkit can use it for you.");
            json.WriteString("url"u8, url);
            if (!call.Client.IsStateless)
            {
                // Gone in 2026-07-28, where the answer comes back with the call itself.
                json.WriteString("elicitationId"u8, Ids.New("elicit"));
            }

            json.WriteEndObject();
        }

        var answer = await call.Client.Ask(McpMethods.Elicit, buffer.ToArray(), cancellationToken);
        if (answer.Result.IsEmpty)
        {
            return null;
        }

        using var document = JsonDocument.Parse(answer.Result);
        return document.RootElement.TryGetProperty("action"u8, out var action) && action.ValueKind == JsonValueKind.String ? action.GetString() : null;
    }

    private static ToolOutcome.Answered Of(string integration, string url, bool connected, string text)
    {
        var structured = JsonSerializer.SerializeToUtf8Bytes(new { integration, connected, url }, Writing);
        var content = JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text } }, Writing);
        return new ToolOutcome.Answered(content, structured);
    }

    private static readonly JsonSerializerOptions Writing = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
