using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>What a client can be asked, by the capabilities that it declared. What it did not declare it is never sent.</summary>
/// <param name="Form">Elicitation by a form; the empty object of <c>elicitation</c> means it, too.</param>
/// <param name="Url">Elicitation by a page.</param>
/// <param name="Sampling">Sampling.</param>
/// <param name="SamplingTools">Sampling with tools.</param>
/// <param name="Roots">Its roots.</param>
internal readonly record struct DeclaredCapabilities(bool Form, bool Url, bool Sampling, bool SamplingTools, bool Roots)
{
    /// <summary>Whether it can be asked anything.</summary>
    public bool CanAsk => Form || Url || Sampling || Roots;

    /// <summary>Reads a <c>ClientCapabilities</c> object; what is not well-formed declares nothing.</summary>
    public static DeclaredCapabilities Of(ReadOnlySpan<byte> json)
    {
        var declared = default(DeclaredCapabilities);
        if (json.Length <= 2)
        {
            return declared;
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MessageReader.MaxDepth });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (elicitation, sampling, roots) = (reader.ValueTextEquals("elicitation"u8), reader.ValueTextEquals("sampling"u8), reader.ValueTextEquals("roots"u8));
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                }
                else if (elicitation)
                {
                    var (form, url) = Has(ref reader, "form"u8, "url"u8);
                    declared = declared with { Form = form || !url, Url = url };
                }
                else if (sampling)
                {
                    var (tools, _) = Has(ref reader, "tools"u8, default);
                    declared = declared with { Sampling = true, SamplingTools = tools };
                }
                else
                {
                    declared = declared with { Roots = declared.Roots || roots };
                    reader.Skip();
                }
            }
        }
        catch (JsonException)
        {
            return default;
        }

        return declared;
    }

    /// <summary>The <c>ClientCapabilities</c> that a request takes and this client did not declare; null when it may be sent.</summary>
    public string? Missing(string method, ReadOnlySpan<byte> parameters)
    {
        switch (method)
        {
            case McpMethods.Elicit:
                var (isUrl, _) = Look(parameters);
                return isUrl ? (Url ? null : """{"elicitation":{"url":{}}}""") : Form ? null : """{"elicitation":{"form":{}}}""";
            case McpMethods.Sample:
                var (_, withTools) = Look(parameters);
                return !Sampling ? (withTools ? """{"sampling":{"tools":{}}}""" : """{"sampling":{}}""")
                    : withTools && !SamplingTools ? """{"sampling":{"tools":{}}}"""
                    : null;
            case McpMethods.ListRoots:
                return Roots ? null : """{"roots":{}}""";
            default:
                return "{}";
        }
    }

    private static (bool First, bool Second) Has(ref Utf8JsonReader reader, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var found = (First: false, Second: false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isFirst, isSecond) = (reader.ValueTextEquals(first), !second.IsEmpty && reader.ValueTextEquals(second));
            reader.Read();
            var isObject = reader.TokenType == JsonTokenType.StartObject;
            found = (found.First || (isFirst && isObject), found.Second || (isSecond && isObject));
            reader.Skip();
        }

        return found;
    }

    /// <summary>What decides which capability a request takes: a page instead of a form; tools for the model.</summary>
    private static (bool IsUrl, bool WithTools) Look(ReadOnlySpan<byte> parameters)
    {
        var (isUrl, withTools) = (false, false);
        if (parameters.IsEmpty)
        {
            return default;
        }

        try
        {
            var reader = new Utf8JsonReader(parameters, new JsonReaderOptions { MaxDepth = MessageReader.MaxDepth });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isMode = reader.ValueTextEquals("mode"u8);
                withTools |= reader.ValueTextEquals("tools"u8) || reader.ValueTextEquals("toolChoice"u8);
                reader.Read();
                isUrl |= isMode && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("url"u8);
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Whatever it is, the client will not understand it either.
        }

        return (isUrl, withTools);
    }
}
