using System.Buffers;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>A request whose body is a manifest. Its bytes are kept as they came: the validator must see doubled members and deep nesting itself.</summary>
/// <param name="Bytes">The body.</param>
internal sealed record ManifestDocument(ReadOnlyMemory<byte> Bytes) : IEndpointParameterMetadataProvider
{
    /// <summary>Reads the body.</summary>
    /// <exception cref="RequestException">413 or 415.</exception>
    public static async ValueTask<ManifestDocument?> BindAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            const string type = "Send the manifest as application/json.";
            throw new RequestException(415, "unsupported_media_type", new ProblemError("Content-Type", "unsupported_media_type", type));
        }

        if (context.Request.ContentLength > PluginLimits.DocumentBytes)
        {
            throw TooLarge();
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > PluginLimits.DocumentBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge();
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return new ManifestDocument(bytes);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(System.Text.Json.Nodes.JsonObject)));

    private static RequestException TooLarge()
        => new(413, PluginFaultCodes.DocumentTooLarge, new ProblemError("", PluginFaultCodes.DocumentTooLarge, $"A manifest has at most {PluginLimits.DocumentBytes / 1024} KiB."));
}

/// <summary>What a manifest that is refused is answered with.</summary>
internal static class ManifestProblems
{
    /// <summary>400 for what is no JSON, else 422 with every fault.</summary>
    public static ProblemResult Of(ManifestReading reading)
    {
        ProblemError[] errors = [.. reading.Faults.Select(fault => new ProblemError(fault.Pointer, fault.Code, fault.Message))];
        return errors is [{ Code: PluginFaultCodes.MalformedJson } malformed]
            ? Problem.Of(400, malformed.Code, malformed.Detail, malformed)
            : Problem.Of(422, "manifest_invalid", errors.Length == 1 ? errors[0].Detail : $"The manifest has {errors.Length} faults.", errors);
    }
}
