using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>Compiles a view: decides every tool, drops the blocked ones, renders the list.</summary>
internal sealed partial class ViewCompiler(ILogger<ViewCompiler> logger)
{
    public ToolView Compile(ViewInputs inputs, long position)
    {
        var started = Stopwatch.GetTimestamp();
        var tools = Decide(inputs);
        var json = Render(tools);
        var offers = OfferCompiler.Compile(inputs, tools, upstreamNames: false);
        var view = new ToolView
        {
            Resource = new McpResource(inputs.Toolkit?.Slug),
            ToolkitId = inputs.Toolkit?.Id,
            Name = inputs.Toolkit?.Name ?? "Toolgate",
            Position = position,
            Tools = tools,
            ByName = tools.ToFrozenDictionary(tool => tool.Name, StringComparer.Ordinal),
            ByAddress = tools.ToFrozenDictionary(tool => tool.Tool.Address, StringComparer.Ordinal),
            ToolsJson = json,
            ListDigest = Convert.ToHexStringLower(SHA256.HashData(json.Span)),
            Offers = offers,
            Instructions = ViewInstructions.Of(inputs.Toolkit?.Name, tools, offers),
        };
        ToolkitsTelemetry.Compiled.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return view;
    }

    /// <summary>How many tools the view would list, without rendering it.</summary>
    public static int Count(ViewInputs inputs)
    {
        var decider = new Decider(inputs);
        return inputs.Tools().Count(tool => decider.Decide(tool).Action != PolicyAction.Block);
    }

    private ImmutableArray<ViewTool> Decide(ViewInputs inputs)
    {
        var decider = new Decider(inputs);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var tools = ImmutableArray.CreateBuilder<ViewTool>();
        foreach (var tool in inputs.Tools())
        {
            var decision = decider.Decide(tool);
            if (decision.Action == PolicyAction.Block)
            {
                continue;
            }

            if (names.Add(tool.McpName))
            {
                tools.Add(new ViewTool(tool, decision, tool.McpName));
            }
            else
            {
                // Names are injective, so this takes two tools of one address, or a broken law; the view must stand all the same.
                Log.NameTwice(logger, tool.McpName, tool.Address);
            }
        }

        return tools.ToImmutable();
    }

    private static ReadOnlyMemory<byte> Render(ImmutableArray<ViewTool> tools)
    {
        // Sized once: growing a list of megabytes by doubling costs more than writing it.
        var size = 2;
        foreach (var tool in tools)
        {
            size += tool.Tool.Definition.ListingMembers.Length + (2 * tool.Tool.Address.Length) + 96;
        }

        var output = new ArrayBufferWriter<byte>(size);
        output.Write("["u8);
        for (var i = 0; i < tools.Length; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            tools[i].Tool.WriteListing(output);
        }

        output.Write("]"u8);
        return output.WrittenMemory;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Two tools have the MCP name {Name}; {Address} is left out")]
        public static partial void NameTwice(ILogger logger, string name, string address);
    }
}
