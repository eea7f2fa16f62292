using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>
/// Follows approvals as server-sent events: first all that are open, then each whenever it changes, as a whole document. There is nothing to come back for: who
/// reconnects is told what is open then.
/// </summary>
internal static class FollowingApprovals
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/stream", Handle).WithName("followApprovals")
        .WithSummary("Follow approvals as server-sent events.").NotATool().Produces<ApprovalDocument>(StatusCodes.Status200OK, "text/event-stream");

    private static async Task<IResult> Handle(
        HttpContext context, ApprovalPulse pulse, ApprovalVault vault, ICredentials credentials, IHostApplicationLifetime lifetime, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var stream = new EventStreamWriter(context);
        await stream.Start(ending.Token);
        await stream.KeepAlive(ending.Token);
        var told = new Dictionary<string, (long Version, ApprovalStatus Status)>(StringComparer.Ordinal);
        var first = true;
        try
        {
            // A credential that ended, or lost what it takes, ends what was opened with it.
            while (credentials.Find(context.Principal().CredentialId) is { } reader && reader.Has(Scopes.Manage))
            {
                var (changed, now) = (pulse.Next, time.GetUtcNow());
                foreach (var approval in ShowingApprovals.Visible(pulse.Now, reader))
                {
                    var shown = (approval.Version, approval.At(now));
                    if (told.TryGetValue(approval.Id, out var before) && before == shown)
                    {
                        continue;
                    }

                    told[approval.Id] = shown;
                    if (!first || approval.At(now) is ApprovalStatus.Pending or ApprovalStatus.Approved)
                    {
                        var document = await ShowingApprovals.Document(approval, reader, vault, credentials, now, ending.Token);
                        await stream.Message(
                            string.Create(CultureInfo.InvariantCulture, $"{approval.Id}.{approval.Version}"), JsonSerializer.SerializeToUtf8Bytes(document, RestJson.Options), ending.Token);
                    }
                }

                first = false;
                await Wait(changed, stream, time, ending.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The reader left, or the server stops.
        }

        return Results.Empty;
    }

    private static async Task Wait(Task changed, EventStreamWriter stream, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(Heartbeat, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await stream.KeepAlive(cancellationToken);
        }
    }
}
