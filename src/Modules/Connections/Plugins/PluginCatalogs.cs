using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Toolgate.Connections;

/// <summary>
/// Reads tools of plugins from what is stored of them. Each is judged by itself with the validator of today: one that does not pass, or whose stored bytes
/// are not what was approved, is quarantined: it has no definition, so nobody lists or calls it, and nothing else suffers.
/// </summary>
internal sealed partial class PluginCatalogs(BlobStore blobs, ManifestValidator validator, ILogger<PluginCatalogs> logger)
{
    /// <summary>Code of the diagnostic of a tool that is quarantined.</summary>
    public const string Quarantined = "quarantined";

    /// <summary>The catalog of what is up.</summary>
    public async Task<SourceCatalog> Read(PluginRoster roster, CancellationToken cancellationToken)
        => Catalog(roster, await Inspect(roster.Plugin, roster.Tools, cancellationToken));

    /// <summary>The same for readers of a past snapshot, whose interface cannot wait.</summary>
    public SourceCatalog Read(PluginRoster roster)
        => Catalog(roster, [.. roster.Tools.Select(tool => Judge(roster.Plugin, tool, Stored(tool, () => blobs.Read(tool.Content))))]);

    /// <summary>Judges tools, up or not.</summary>
    public async Task<ImmutableArray<JudgedTool>> Inspect(string plugin, ImmutableArray<PluginTool> tools, CancellationToken cancellationToken)
    {
        var judged = ImmutableArray.CreateBuilder<JudgedTool>(tools.Length);
        foreach (var tool in tools)
        {
            byte[]? content = null;
            try
            {
                content = await blobs.Read(tool.Content, cancellationToken);
            }
            catch (InvalidDataException)
            {
                // Missing or damaged; a database that cannot be reached is another matter and leaves as an exception.
            }

            judged.Add(Judge(plugin, tool, content));
        }

        return judged.MoveToImmutable();
    }

    /// <summary>A manifest of the past, as it was published; null when what is stored of it is damaged or would not be accepted today.</summary>
    public async Task<PluginManifest?> Manifest(string digest, CancellationToken cancellationToken)
    {
        try
        {
            return validator.Read(await blobs.Read(digest, cancellationToken)).Manifest;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[]? Stored(PluginTool tool, Func<byte[]> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static SourceCatalog Catalog(PluginRoster roster, ImmutableArray<JudgedTool> judged) => new(
        roster.Plugin, null, "", [], [.. judged.Select(tool => tool.Definition).OfType<ToolDefinition>()], [AuthTemplate.None],
        [.. judged.Select(tool => tool.Fault).OfType<Diagnostic>()]);

    private JudgedTool Judge(string plugin, PluginTool tool, byte[]? content)
    {
        string why;
        try
        {
            if (content is null)
            {
                why = "what is stored of it is missing or damaged";
            }
            else if (validator.Read(content) is var reading && reading.Manifest is not { } manifest)
            {
                why = "it does not pass the validator: " + string.Join("; ", reading.Faults.Take(3).Select(fault => $"{fault.Code} at {fault.Pointer}"));
            }
            else if (manifest.Id != plugin || manifest.Tools is not [{ } only] || only.Name != tool.Name || PluginCompiler.DigestOf(manifest, only) != tool.Digest)
            {
                why = "what is stored of it is not what was published";
            }
            else
            {
                return new JudgedTool(tool, only, PluginCompiler.Compile(manifest, only), null);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The validator has no reason to throw. If it does, this tool alone pays for it.
            Log.Failed(logger, exception, plugin, tool.Name);
            why = "it cannot be read";
        }

        Log.Quarantined(logger, plugin, tool.Name, why);
        return new JudgedTool(tool, null, null, new Diagnostic(SourceDocument.Child("/mcpTools", tool.Name), Quarantined, $"The tool {tool.Name} is quarantined: {why}."));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The tool {Tool} of plugin {Plugin} is quarantined: {Why}")]
        public static partial void Quarantined(ILogger logger, string plugin, string tool, string why);

        [LoggerMessage(2, LogLevel.Error, "Judging the tool {Tool} of plugin {Plugin} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string plugin, string tool);
    }
}

/// <summary>A tool as its stored content says.</summary>
/// <param name="State">What the log says of it.</param>
/// <param name="Tool">What the manifest says of it; null when it is quarantined.</param>
/// <param name="Definition">Its definition; null when it is quarantined.</param>
/// <param name="Fault">Why it is quarantined; null when it is not.</param>
internal sealed record JudgedTool(PluginTool State, ManifestTool? Tool, ToolDefinition? Definition, Diagnostic? Fault);
