using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>
/// Writes the log as NDJSON, one event a line, oldest first, up to the newest event at the time of the request. Pages of it are read
/// and written in turn, so that memory does not grow with the log and no cursor is held while a slow client reads.
/// </summary>
internal static class ExportingLog
{
    private const int PageSize = 500;

    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/export", Handle).WithName("exportLog")
        .WithSummary("Export the log as NDJSON").NotATool().Produces<ShownEvent>(StatusCodes.Status200OK, "application/x-ndjson");

    private static async Task<IResult> Handle(
        [AsParameters] EventQueryParameters parameters, HttpContext context, AuditIndex index, CancellationToken cancellationToken)
    {
        var query = parameters.Parse();
        if (await Patience.CatchUp(index, context, cancellationToken) is not { } upTo)
        {
            return Patience.Exhausted(context);
        }

        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"toolgate-log.ndjson\"";
        var output = context.Response.BodyWriter;
        var reader = context.Principal().Id;
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = RestJson.Options.Encoder, SkipValidation = true });
        for (long? from = 0; from is not null;)
        {
            var page = await index.Page(query, reader, from, upTo, PageSize, cancellationToken);
            foreach (var e in page.Events)
            {
                JsonSerializer.Serialize(json, e, RestJson.Options);
                json.Flush();
                output.Write("\n"u8);
                json.Reset();
            }

            await output.FlushAsync(cancellationToken);
            from = page.Next;
        }

        return Results.Empty;
    }

    private static void Write(this System.IO.Pipelines.PipeWriter output, ReadOnlySpan<byte> bytes) => System.Buffers.BuffersExtensions.Write(output, bytes);
}
