using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Host;

/// <summary>What orchestrators ask. Open to everybody, so they tell a status and nothing else.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Maps <c>/healthz</c> (this process answers) and <c>/readyz</c> (the log is reachable and the read models show it).</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/healthz", () => TypedResults.Ok(new Status("ok"))).ExcludeFromDescription();
        app.MapGet("/readyz", async (NpgsqlDataSource database, IReadModels models, IHostApplicationLifetime lifetime, HttpContext context) =>
        {
            var ready = !lifetime.ApplicationStopping.IsCancellationRequested
                && models.CaughtUp
                && models.Fault is null
                && await Answers(database, context.RequestAborted);
            return TypedResults.Json(new Status(ready ? "ready" : "unavailable"), statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        }).ExcludeFromDescription();
    }

    private static async Task<bool> Answers(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using var command = database.CreateCommand("select 1");
            return await command.ExecuteScalarAsync(patience.Token) is 1;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return false;
        }
    }

    private sealed record Status(string Value)
    {
        [System.Text.Json.Serialization.JsonPropertyName("status")]
        public string Value { get; } = Value;
    }
}
