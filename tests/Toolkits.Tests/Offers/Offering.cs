using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

/// <summary>Servers and what they offer, in few words.</summary>
internal static class Offering
{
    public const string Everything = """{"resources":{"subscribe":true},"prompts":{},"completions":{},"logging":{}}""";

    public static UpstreamOffer Server(
        string integration, Owner? owner = null, string[]? resources = null, string[]? templates = null, string[]? prompts = null, string capabilities = Everything)
        => new(
            new Upstream(integration, owner ?? Owner.Org, "main"), null, Encoding.UTF8.GetBytes(capabilities), Items("uri", resources), Items("uriTemplate", templates),
            Items("name", prompts));

    /// <summary>At the default resource.</summary>
    public static OfferView View(params UpstreamOffer[] offers) => OfferCompiler.Compile(Inputs(offers), [], upstreamNames: false);

    public static ViewInputs Inputs(
        UpstreamOffer[] offers, ToolkitRow? toolkit = null, PolicyRule[]? enforced = null, PolicyRule[]? org = null, PolicyRule[]? user = null)
        => new(
            toolkit, [], [], [.. offers.Where(offer => offer.Upstream.Owner.IsOrg)], [.. offers.Where(offer => !offer.Upstream.Owner.IsOrg)],
            [], enforced is null ? [] : [.. enforced], org is null ? [] : [.. org], user is null ? [] : [.. user]);

    public static PolicyRule Rule(string pattern, PolicyAction action) => new("pol_" + pattern, Pattern.Parse(pattern), action, "a0");

    /// <summary>The values of one member of every entry of a rendered list.</summary>
    public static string[] Listed(ReadOnlyMemory<byte> json, string member)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(entry => entry.GetProperty(member).GetString()!)];
    }

    private static ImmutableArray<OfferedItem> Items(string member, string[]? keys)
        => [.. (keys ?? []).Select(key => new OfferedItem(key, Encoding.UTF8.GetBytes($$"""{ "{{member}}": {{JsonSerializer.Serialize(key)}}, "future":[1.0] }""")))];
}
