using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>A signed head as it is shown.</summary>
/// <param name="Position">Log position of the head.</param>
/// <param name="Hash">Chain value there, lower-case hex.</param>
/// <param name="At">When it was signed, UTC.</param>
/// <param name="KeyId">Which key.</param>
/// <param name="Signature">ECDSA P-256, base64url.</param>
internal sealed record ShownCheckpoint(long Position, string Hash, DateTimeOffset At, string KeyId, string Signature);

/// <summary>Lists the signed heads, oldest first.</summary>
internal static class ListingCheckpoints
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/checkpoints", Handle).WithSummary("List the signed heads of the log");

    private static async Task<Ok<ListOf<ShownCheckpoint>>> Handle(PageRequest page, IVerification verification, CancellationToken cancellationToken)
    {
        var heads = await verification.Checkpoints(cancellationToken);
        return TypedResults.Ok(page.Cut(
            heads.OrderBy(Key, StringComparer.Ordinal),
            Key,
            head => new ShownCheckpoint(head.Head.Position, head.Head.Hash, head.At, head.KeyId, head.Signature)));
    }

    // Two hosts may sign the same head, each with its key.
    private static string Key(SignedHead head) => string.Create(CultureInfo.InvariantCulture, $"{head.Head.Position:D19} {head.KeyId}");
}
