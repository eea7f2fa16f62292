using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>Compiles a view: decides every tool, drops the blocked ones, renders the list.</summary>
internal sealed partial class ViewCompiler(ILogger<ViewCompiler> logger)
{
    public ToolView Compile(ViewInputs inputs, long position)
    {
        var started = Stopwatch.GetTimestamp();
        var toolkit = inputs.Toolkit;
        var tools = Decide(inputs);
        var named = tools.ToFrozenDictionary(tool => tool.Name, StringComparer.Ordinal);
        var searched = toolkit?.Surface == ToolSurface.Search;
        var (json, offsets) = searched ? (SearchSurface.ToolsJson, []) : Render(tools);
        var asks = tools.Any(tool => tool.Decision.Action == PolicyAction.RequireApproval);
        if (asks)
        {
            // Behind the last, where no offset points: pages end with it, and no cursor names it.
            json = (byte[])[.. json.Span[..^1], .. ","u8, .. ApprovalTool.Entry.Span, .. "]"u8];
        }

        var offers = OfferCompiler.Compile(inputs, tools, upstreamNames: toolkit?.Names == ToolNaming.Upstream);
        var view = new ToolView
        {
            Resource = new McpResource(toolkit?.Slug),
            ToolkitId = toolkit?.Id,
            IsPersonal = toolkit is { Owner.IsOrg: false },
            Name = toolkit?.Name ?? "Toolgate",
            Position = position,
            Tools = tools,
            Surface = toolkit?.Surface ?? ToolSurface.Direct,
            ByName = searched ? FrozenDictionary<string, ViewTool>.Empty : named,
            Named = named,
            ByAddress = tools.ToFrozenDictionary(tool => tool.Tool.Address, StringComparer.Ordinal),
            ToolsJson = json,
            Asks = asks,
            EntryOffsets = offsets,
            ListDigest = Convert.ToHexStringLower(SHA256.HashData(json.Span)),
            Offers = offers,
            Connecting = ConnectTools.All(inputs),
            Instructions = ViewInstructions.Of(toolkit?.Name, tools, searched, offers),
        };
        ToolkitsTelemetry.Compiled.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return view;
    }

    /// <summary>How many tools the view would list, without rendering it.</summary>
    public static int Count(ViewInputs inputs)
    {
        var decider = new Decider(inputs);
        return inputs.Tools().Count(tool => decider.Decide(tool).Action != PolicyAction.Block) + ConnectTools.Missing(inputs).Count();
    }

    /// <summary>The tools that a view lists, under their names, in the order of their addresses.</summary>
    public ImmutableArray<ViewTool> Decide(ViewInputs inputs)
    {
        var decider = new Decider(inputs);
        var addresses = new HashSet<string>(StringComparer.Ordinal);
        var listed = new List<(Tool Tool, AccessDecision Decision)>();
        foreach (var tool in inputs.Tools())
        {
            var decision = decider.Decide(tool);
            if (decision.Action == PolicyAction.Block)
            {
                continue;
            }

            if (addresses.Add(tool.McpName))
            {
                listed.Add((tool, decision));
            }
            else
            {
                // Names are injective, so this takes two tools of one address, or a broken law; the view must stand all the same.
                Log.NameTwice(logger, tool.McpName, tool.Address);
            }
        }

        var names = ToolNames.Of([.. listed.Select(pair => pair.Tool)], inputs.Toolkit);
        var seen = listed.Select((pair, i) => new ViewTool(pair.Tool, pair.Decision, names[i])
        {
            Shape = inputs.Toolkit?.OverrideOf(pair.Tool.Address) is { } said ? ShapeCompiler.Of(said, pair.Tool.Definition).Shape : null,
        });
        return inputs.Connected is null
            ? [.. seen]
            : [.. seen.Concat(ConnectTools.Missing(inputs).Select(ConnectTools.Of)).OrderBy(tool => tool.Tool.Address, StringComparer.Ordinal)];
    }

    private static (ReadOnlyMemory<byte> Json, ImmutableArray<int> Offsets) Render(ImmutableArray<ViewTool> tools)
    {
        // Sized once: growing a list of megabytes by doubling costs more than writing it.
        var size = 2;
        foreach (var tool in tools)
        {
            size += tool.Tool.Definition.ListingMembers.Length + tool.Tool.Definition.MetaMembers.Length + (2 * tool.Tool.Address.Length) + 96;
        }

        var output = new ArrayBufferWriter<byte>(size);
        var offsets = ImmutableArray.CreateBuilder<int>(tools.Length);
        output.Write("["u8);
        for (var i = 0; i < tools.Length; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            offsets.Add(output.WrittenCount);
            tools[i].WriteListing(output);
        }

        output.Write("]"u8);
        return (output.WrittenMemory, offsets.MoveToImmutable());
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Two tools have the MCP name {Name}; {Address} is left out")]
        public static partial void NameTwice(ILogger logger, string name, string address);
    }
}
