using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>Compiles what a view offers besides tools: decides each server, settles names that two of them use, renders the lists.</summary>
internal static class OfferCompiler
{
    /// <summary>The offers of a view.</summary>
    /// <param name="inputs">What the view is compiled from.</param>
    /// <param name="tools">The view's tools.</param>
    /// <param name="upstreamNames">Whether prompts keep their servers' names where these are unique.</param>
    public static OfferView Compile(ViewInputs inputs, ImmutableArray<ViewTool> tools, bool upstreamNames)
    {
        var offers = inputs.OrgOffers.Concat(inputs.PersonalOffers).OrderBy(offer => offer.Upstream.Address, StringComparer.Ordinal).ToArray();
        if (offers.Length == 0)
        {
            return OfferView.Nothing;
        }

        var decider = new Decider(inputs);
        var readable = ImmutableArray.CreateBuilder<(ViewServer Server, UpstreamOffer Offer)>();
        var prompting = ImmutableArray.CreateBuilder<(ViewServer Server, UpstreamOffer Offer)>();
        var callable = tools.Select(tool => (tool.Tool.Integration, tool.Tool.Owner, tool.Tool.Connection)).ToHashSet();
        var features = ServerFeatures.None;
        foreach (var offer in offers)
        {
            var upstream = offer.Upstream;
            var can = OfferedFeatures.Of(offer);
            var server = Visible("resources", ServerFeatures.Resources);
            if (server is not null)
            {
                readable.Add((server, offer));
                features |= can & (ServerFeatures.Resources | ServerFeatures.Subscribe | ServerFeatures.Completions | ServerFeatures.Logging);
            }

            if (Visible("prompts", ServerFeatures.Prompts) is { } prompter)
            {
                prompting.Add((prompter, offer));
                features |= can & (ServerFeatures.Prompts | ServerFeatures.Completions | ServerFeatures.Logging);
            }

            if (callable.Contains((upstream.Integration, upstream.Owner, upstream.Connection)))
            {
                features |= can & ServerFeatures.Logging;
            }

            ViewServer? Visible(string kind, ServerFeatures feature)
            {
                var address = $"{upstream.Address}.{kind}";
                return (can & feature) != 0 && decider.Decide(upstream, address) is { Action: PolicyAction.Approve } decision
                    ? new ViewServer(upstream, address, decision, can) { Access = offer.Access }
                    : null;
            }
        }

        return Of(readable.ToImmutable(), prompting.ToImmutable(), features, upstreamNames);
    }

    /// <summary>A view that offers nothing. Its lists are what lists without entries are, so that coming to offer nothing else is no change.</summary>
    public static OfferView Empty() => Of([], [], ServerFeatures.None, upstreamNames: false);

    private static OfferView Of(
        ImmutableArray<(ViewServer Server, UpstreamOffer Offer)> readable, ImmutableArray<(ViewServer Server, UpstreamOffer Offer)> prompting, ServerFeatures features,
        bool upstreamNames)
    {
        var resources = OfferNames.Resources(Listed(readable, offer => offer.Resources));
        var templates = OfferNames.Templates(Listed(readable, offer => offer.Templates), single: readable.Length == 1);
        var prompts = OfferNames.Prompts(Listed(prompting, offer => offer.Prompts), upstreamNames);
        var resourcesJson = OfferRenderer.Render(ref resources, "uri"u8);
        var templatesJson = OfferRenderer.Render(ref templates, "uriTemplate"u8);
        var promptsJson = OfferRenderer.Render(ref prompts, "name"u8);
        return new OfferView
        {
            Readable = [.. readable.Select(pair => pair.Server)],
            Prompting = [.. prompting.Select(pair => pair.Server)],
            Features = features,
            Resources = resources.ToFrozenDictionary(item => item.Item.Key, item => item.Item, StringComparer.Ordinal),
            Templates = [.. templates.Select(item => item.Item)],
            Prompts = prompts.ToFrozenDictionary(item => item.Item.Key, item => item.Item, StringComparer.Ordinal),
            ResourcesJson = resourcesJson,
            TemplatesJson = templatesJson,
            PromptsJson = promptsJson,
            ResourcesDigest = Convert.ToHexStringLower(SHA256.HashData([.. resourcesJson, .. templatesJson])),
            PromptsDigest = Convert.ToHexStringLower(SHA256.HashData(promptsJson)),
        };
    }

    /// <summary>The entries of all servers under their servers' names; what a server lists twice counts once.</summary>
    private static ImmutableArray<OfferEntry> Listed(
        ImmutableArray<(ViewServer Server, UpstreamOffer Offer)> offers, Func<UpstreamOffer, ImmutableArray<OfferedItem>> of)
        => [.. offers.SelectMany(pair => of(pair.Offer).DistinctBy(item => item.Key, StringComparer.Ordinal)
            .Select(item => new OfferEntry(new ViewItem(pair.Server, item.Key, item.Key), item.Entry)))];
}

/// <summary>An entry of a list, with what its server sent.</summary>
internal readonly record struct OfferEntry(ViewItem Item, ReadOnlyMemory<byte> Json);
