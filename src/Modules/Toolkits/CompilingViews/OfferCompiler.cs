using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>Compiles what a view offers besides tools: decides each server, settles names that two of them use, renders the lists.</summary>
internal static class OfferCompiler
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The offers of a view.</summary>
    /// <param name="inputs">What the view is compiled from.</param>
    /// <param name="upstreamNames">Whether prompts keep their servers' names where these are unique.</param>
    public static OfferView Compile(ViewInputs inputs, bool upstreamNames)
    {
        var offers = inputs.OrgOffers.Concat(inputs.PersonalOffers).OrderBy(offer => offer.Upstream.Address, StringComparer.Ordinal).ToArray();
        if (offers.Length == 0)
        {
            return OfferView.Nothing;
        }

        var decider = new OfferDecider(inputs);
        ImmutableArray<UpstreamOffer> readable = [.. offers.Where(offer => decider.Approves(offer.Upstream, "resources"))];
        ImmutableArray<UpstreamOffer> prompting = [.. offers.Where(offer => decider.Approves(offer.Upstream, "prompts"))];
        var resources = Items(readable, offer => offer.Resources, (offer, item, taken) => taken ? OfferRouting.Wrap(offer.Upstream, item.Key) : item.Key);
        var shared = prompting.SelectMany(offer => offer.Prompts.Select(prompt => prompt.Key)).GroupBy(name => name, StringComparer.Ordinal)
            .Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        var prompts = Items(prompting, offer => offer.Prompts, (offer, item, _) => upstreamNames && !shared.Contains(item.Key)
            ? item.Key
            : McpToolName.Of($"{offer.Upstream.Address}.{item.Key}"));
        var templates = readable.SelectMany(offer => offer.Templates.Select(item => (Item: new ViewItem(offer.Upstream, item.Key, item.Key), item.Entry))).ToArray();
        var resourcesJson = Render(resources, "uri");
        var templatesJson = Render(templates, "uriTemplate");
        var promptsJson = Render(prompts, "name");
        return new OfferView
        {
            Readable = readable,
            Prompting = prompting,
            Resources = resources.ToFrozenDictionary(pair => pair.Item.Key, pair => pair.Item, StringComparer.Ordinal),
            Templates = [.. templates.Select(pair => pair.Item)],
            Prompts = prompts.ToFrozenDictionary(pair => pair.Item.Key, pair => pair.Item, StringComparer.Ordinal),
            ResourcesJson = resourcesJson,
            TemplatesJson = templatesJson,
            PromptsJson = promptsJson,
            ResourcesDigest = Convert.ToHexStringLower(SHA256.HashData([.. resourcesJson, .. templatesJson])),
            PromptsDigest = Convert.ToHexStringLower(SHA256.HashData(promptsJson)),
        };
    }

    /// <summary>Items of all servers, each under a name of its own: of two with one name, the first by address has it.</summary>
    private static (ViewItem Item, ReadOnlyMemory<byte> Entry)[] Items(
        ImmutableArray<UpstreamOffer> offers, Func<UpstreamOffer, ImmutableArray<OfferedItem>> of, Func<UpstreamOffer, OfferedItem, bool, string> name)
    {
        var items = new List<(ViewItem, ReadOnlyMemory<byte>)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var offer in offers)
        {
            foreach (var item in of(offer))
            {
                var key = name(offer, item, names.Contains(item.Key));
                if (names.Add(key))
                {
                    items.Add((new ViewItem(offer.Upstream, key, item.Key), item.Entry));
                }
            }
        }

        return [.. items];
    }

    /// <summary>The list: entries as their servers sent them, except for the one member that names them when it is another one here.</summary>
    private static byte[] Render((ViewItem Item, ReadOnlyMemory<byte> Entry)[] items, string member)
    {
        var output = new ArrayBufferWriter<byte>(256);
        output.Write("["u8);
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            var (item, entry) = items[i];
            if (item.Key == item.UpstreamKey)
            {
                output.Write(entry.Span);
            }
            else
            {
                Renamed(output, entry, member, item.Key);
            }
        }

        output.Write("]"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void Renamed(IBufferWriter<byte> output, ReadOnlyMemory<byte> entry, string member, string name)
    {
        using var document = JsonDocument.Parse(entry);
        using var json = new Utf8JsonWriter(output, Relaxed);
        json.WriteStartObject();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            json.WritePropertyName(property.Name);
            if (property.NameEquals(member))
            {
                json.WriteStringValue(name);
            }
            else
            {
                json.WriteRawValue(property.Value.GetRawText(), skipInputValidation: true);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>Decides servers as tools are decided, with reading approved by default.</summary>
    private sealed class OfferDecider(ViewInputs inputs)
    {
        public bool Approves(Upstream upstream, string kind)
        {
            var address = $"{upstream.Address}.{kind}";
            var enforced = First(inputs.Enforced, address);
            var decision = inputs.Toolkit is { } toolkit
                ? AccessDecisions.InToolkit(
                    enforced, toolkit.Owner.IsOrg && !upstream.Owner.IsOrg, toolkit.Grants.Any(grant => grant.Grant.Pattern.Matches(address)),
                    First(toolkit.Rules, address), asksByDefault: false)
                : AccessDecisions.Default(enforced, First(inputs.OrgRules, address), First(inputs.UserRules, address), asksByDefault: false);
            return decision.Action == PolicyAction.Approve;
        }

        private static PolicyRule? First(ImmutableArray<PolicyRule> rules, string address) => rules.FirstOrDefault(rule => rule.Pattern.Matches(address));
    }
}
