using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;

namespace Toolgate.Audit;

/// <summary>Recomputes the hash chain over the stored events and checks the signed heads.</summary>
internal static class VerifyingLog
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/verify", Handle).WithSummary("Verify that the log was not rewritten");

    private static async Task<Ok<VerificationReport>> Handle(Verifier verifier, CancellationToken cancellationToken)
        => TypedResults.Ok(await verifier.Verify(cancellationToken));
}

/// <summary>Verifies one request at a time: each reads the whole log, and two at once would only be slower.</summary>
internal sealed class Verifier(IVerification verification) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);

    public async Task<VerificationReport> Verify(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await verification.Verify(cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
