using System.Collections.Frozen;
using System.Text;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>
/// The tools that stand in a shared toolkit for connections that its caller could bring and has not: one an integration. They answer with a link; no call of
/// theirs reaches an integration.
/// </summary>
internal static class ConnectTools
{
    private const string InputSchema = """{"type":"object","properties":{},"additionalProperties":false}""";

    private const string OutputSchema = """
        {"type":"object","properties":{"integration":{"type":"string"},"connected":{"type":"boolean","description":"Whether an account is connected now."},"url":{"type":"string","description":"The page where the user connects an account; for the user to open, not for you."}},"required":["integration","connected","url"]}
        """;

    /// <summary>Begins their addresses. Builtin tools are named after groups of the REST API, which has none of this name.</summary>
    public const string AddressPrefix = "toolgate.connect.";

    /// <summary>What the tool of an integration is called. Names after addresses hold three underscores at least and this exactly one: slugs hold none.</summary>
    public static string NameOf(string integration) => "connect_" + integration;

    /// <summary>Integrations that the subject of a view could connect an account to, and would then be served something of.</summary>
    public static IEnumerable<string> Missing(ViewInputs inputs) => Offered(inputs).Where(integration => !inputs.Connected!.Contains(integration));

    /// <summary>Addresses, by name, of the tools of all integrations that the subject could have an account at, or has.</summary>
    public static FrozenDictionary<string, string> All(ViewInputs inputs)
        => Offered(inputs).ToFrozenDictionary(NameOf, integration => AddressPrefix + integration, StringComparer.Ordinal);

    /// <summary>The tool of an integration. Nothing is asked before it: it changes nothing and says nothing that its caller may not know.</summary>
    public static ViewTool Of(string integration)
    {
        var description = $"Connects an account of the user's own at {integration}: gives the user a link to a page where they do it. This toolkit then lists the tools of that account. "
            + "Use it when you need to do something at " + integration + " and no tool for it is listed.";
        var output = Encoding.UTF8.GetBytes(OutputSchema.Trim());
        var input = Encoding.UTF8.GetBytes(InputSchema);
        var title = $"Connect {integration}";
        var tool = Tool.Builtin(new ToolDefinition
        {
            Name = AddressPrefix[(IManagementApi.Slug.Length + 1)..] + integration,
            Title = title,
            Description = description,
            AsksByDefault = false,
            ApprovalText = title,
            ChangesSomething = false,
            InputSchema = input,
            OutputSchema = output,
            ListingMembers = ToolDefinition.RenderListingMembers(title, description, input, output, readOnly: true, destructive: false, idempotent: true),
            Digest = AddressPrefix + integration,
            Binding = new Unbound(),
        });
        return new ViewTool(tool, new AccessDecision(PolicyAction.Approve, DecisionSource.Default), NameOf(integration)) { Connects = integration };
    }

    /// <summary>Declared integrations that exist, and of which rules leave something; none for callers without an account.</summary>
    private static IEnumerable<string> Offered(ViewInputs inputs) => inputs is { Toolkit: { } toolkit, Connected: not null, Connectable: { } connectable }
        ? toolkit.BringYourOwn.Where(integration => connectable.Contains(integration) && !BlocksAll(inputs.Enforced, integration) && !BlocksAll(toolkit.Rules, integration))
        : [];

    /// <summary>
    /// Whether ordered rules block whatever a connection to the integration may have. Where one before them lets something through, or might, they do not.
    /// </summary>
    private static bool BlocksAll(IEnumerable<PolicyRule> rules, string integration)
    {
        foreach (var rule in rules)
        {
            switch (rule.Pattern.Reach($"{integration}.user"))
            {
                case PatternReach.All:
                    return rule.Action == PolicyAction.Block;
                case PatternReach.Some when rule.Action != PolicyAction.Block:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Nobody calls these through a connection.</summary>
    private sealed class Unbound : ToolBinding;
}
