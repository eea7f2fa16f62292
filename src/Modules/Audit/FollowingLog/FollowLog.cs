using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>
/// Follows the log as server-sent events: the id of each is its position. A client that comes back with <c>Last-Event-ID</c> misses
/// nothing and gets nothing twice; without one it starts at <c>after</c>, or at the end of the log.
/// </summary>
internal static class FollowingLog
{
    private const string LastEventId = "Last-Event-ID";
    private const int PageSize = 200;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/stream", Handle).WithName("followLog")
        .WithSummary("Follow the log as server-sent events").NotATool().Produces<ShownEvent>(StatusCodes.Status200OK, "text/event-stream");

    private static async Task<IResult> Handle(
        [AsParameters] EventQueryParameters parameters,
        [FromHeader(Name = LastEventId), Description("Position of the last event that was received; wins over after.")] string? lastEventId,
        HttpContext context,
        AuditIndex index,
        IReadModels models,
        ICredentials credentials,
        IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        var query = parameters.Parse();
        var next = Start(lastEventId, parameters.After is null ? models.Current.Position : query.After);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var output = new EventStreamWriter(context.Response);
        await output.Begin(ending.Token);
        try
        {
            // A credential that ended, or lost what it takes, ends what was opened with it.
            while (credentials.Find(context.Principal().CredentialId) is { } reader && MayRead(reader))
            {
                next = await Send(query, reader.Id, next, index, output, ending.Token);
                if (!await Moved(models, next, ending.Token))
                {
                    await output.Resume(next, ending.Token);
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client left, or the server stops; either way the client knows where to go on.
        }

        return Results.Empty;
    }

    /// <summary>Sends what matches beyond <paramref name="next"/>; answers the position up to which nothing is left to send.</summary>
    private static async Task<long> Send(
        EventQuery query, string reader, long next, AuditIndex index, EventStreamWriter output, CancellationToken cancellationToken)
    {
        var upTo = await index.CatchUp(cancellationToken);
        for (long? from = next; from is not null && from < upTo;)
        {
            var page = await index.Page(query with { After = from.Value }, reader, null, upTo, PageSize, cancellationToken);
            foreach (var e in page.Events)
            {
                await output.Send(e, cancellationToken);
            }

            from = page.Next;
        }

        await output.Flush(cancellationToken);
        return Math.Max(next, upTo);
    }

    private static async Task<bool> Moved(IReadModels models, long position, CancellationToken cancellationToken)
    {
        using var heartbeat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        heartbeat.CancelAfter(Heartbeat);
        try
        {
            await models.WaitFor(position + 1, heartbeat.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static long Start(string? lastEventId, long otherwise)
        => lastEventId is null ? otherwise
            : long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position
            : throw new RequestException(400, "malformed", new ProblemError(LastEventId, "invalid_position", "Last-Event-ID must be a log position: a whole number."));

    private static bool MayRead(Principal principal) => principal.Has(Scopes.Audit) || (principal.MayWriteOrg && principal.Has(Scopes.Manage));
}
