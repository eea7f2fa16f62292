using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>initialize</c>: negotiates the revision and opens a session that is durable before its id is told.</summary>
internal sealed class Initializing(SessionRegistry sessions, SessionKeeper keeper)
{
    private const int LongestText = 100;
    private const int MostCapabilities = 32;

    /// <summary>Opens a session for the caller at the resource.</summary>
    public async Task Open(HttpContext context, Caller caller, McpMessage message)
    {
        if (message.ProtocolVersion is not { } requested)
        {
            await McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: protocolVersion is missing", message.Id);
            return;
        }

        if (message.Capabilities.Length > SessionClientFacts.MostBytes || message.ClientInfo.Length > SessionClientFacts.MostBytes)
        {
            await McpResponse.Error(
                context, 200, ErrorCodes.InvalidParams, $"Invalid params: capabilities and clientInfo take at most {SessionClientFacts.MostBytes} bytes each", message.Id);
            return;
        }

        var version = LegacyEra.Negotiate(requested);
        string? name, clientVersion;
        string[] capabilities;
        try
        {
            (name, clientVersion) = ClientOf(message.ClientInfo);
            capabilities = CapabilitiesOf(message.Capabilities);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: JSON by its grammar, but not a text.
            await McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: a text is not well-formed", message.Id);
            return;
        }

        try
        {
            var (id, session) = await sessions.Open(
                publicId => new SessionOpened(
                    publicId, caller.Principal.Id, caller.Principal.CredentialId, caller.Resource.Slug, caller.View.ToolkitId, version, name, clientVersion,
                    capabilities, sessions.NodeId),
                ClientFacts(message), CancellationToken.None);
            await keeper.MakeRoom(session);
            context.Response.Headers[McpHeaders.SessionId] = id;
        }
        catch (EventStoreUnavailableException)
        {
            await McpResponse.Error(context, 503, ErrorCodes.Internal, "No session can be opened now: the log cannot be reached.", message.Id);
            return;
        }

        await McpResponse.Result(context, message.Id.Span, Answer(version, caller.View), default, default);
    }

    private static byte[] Answer(string version, ToolView view)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("protocolVersion"u8, version);
            ServerCapabilities.Write(json, view);
            json.WritePropertyName("serverInfo"u8);
            json.WriteRawValue(ServerIdentity.InfoJson, skipInputValidation: true);
            json.WriteString("instructions"u8, view.Instructions);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static SessionClientFacts ClientFacts(McpMessage message) => new(
        message.Capabilities.Span is [(byte)'{', ..] ? message.Capabilities.ToArray() : SessionClientFacts.None.Capabilities,
        message.ClientInfo.Span is [(byte)'{', ..] ? message.ClientInfo.ToArray() : default,
        null);

    private static (string? Name, string? Version) ClientOf(ReadOnlyMemory<byte> info)
    {
        if (info.IsEmpty)
        {
            return default;
        }

        using var document = JsonDocument.Parse(info);
        return (Text(document.RootElement, "name"), Text(document.RootElement, "version"));
    }

    private static string? Text(JsonElement element, string member)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? Bounded(value.GetString()!)
            : null;

    /// <summary>What a client says of itself is shown to people: bounded and free of control characters.</summary>
    private static string Bounded(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, LongestText));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > LongestText)
            {
                break;
            }

            if (!Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) != System.Globalization.UnicodeCategory.Format)
            {
                clean.Append(rune);
            }
        }

        return clean.ToString();
    }

    /// <summary>Names of the declared capabilities; of <c>elicitation</c> also its modes, <c>elicitation.url</c>.</summary>
    private static string[] CapabilitiesOf(ReadOnlyMemory<byte> capabilities)
    {
        if (capabilities.IsEmpty)
        {
            return [];
        }

        using var document = JsonDocument.Parse(capabilities);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var capability in document.RootElement.EnumerateObject().Take(MostCapabilities))
        {
            names.Add(Bounded(capability.Name));
            if (capability.NameEquals("elicitation"u8) && capability.Value.ValueKind == JsonValueKind.Object)
            {
                names.UnionWith(capability.Value.EnumerateObject().Take(MostCapabilities).Select(mode => "elicitation." + Bounded(mode.Name)));
            }
        }

        return [.. names];
    }
}
