using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Reads what references point to. A value is kept in memory for <c>Toolgate:Secrets:CacheTime</c> and never longer: one that was taken away works no more
/// after that time, even when its source cannot be asked. Those who ask at once share one reading.
/// </summary>
internal sealed partial class SecretReferences(
    IEnumerable<ISecretSource> sources, IOptions<SecretsOptions> options, TimeProvider time, ILogger<SecretReferences> logger)
{
    /// <summary>What a call gets when a value cannot be had.</summary>
    public const string Unavailable = "secret_unavailable";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, ISecretSource> sources = sources.ToDictionary(source => source.Word, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<SecretReference, Lazy<Task<Kept>>> readings = new();

    /// <summary>Whether the operator allows the place. The same for what exists and what does not.</summary>
    public bool Allows(SecretReference reference) => sources.TryGetValue(reference.Source, out var source) && source.Allows(reference);

    /// <summary>The values of references by their variables, and until when they may be used.</summary>
    /// <param name="references">Where the values are.</param>
    /// <param name="fault">Why a value is of no use; null when it is.</param>
    /// <param name="cancellationToken">The caller gave up; the reading goes on for others.</param>
    /// <exception cref="McpFault">One of them cannot be had: <c>secret_unavailable</c>.</exception>
    public async ValueTask<(IReadOnlyDictionary<string, string> Values, DateTimeOffset Until)> Resolve(
        ImmutableArray<SecretReference> references, Func<string, string, string?> fault, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var until = DateTimeOffset.MaxValue;
        foreach (var reference in references)
        {
            var kept = await Take(reference, cancellationToken);
            if (fault(reference.Variable, kept.Value) is { } why)
            {
                throw Refuse(reference, $"The value cannot be used: {why}");
            }

            values[reference.Variable] = kept.Value;
            until = kept.Until < until ? kept.Until : until;
        }

        return (values, until);
    }

    /// <summary>Forgets values that an upstream did not take: they may have been replaced.</summary>
    public void Forget(ImmutableArray<SecretReference> references)
    {
        foreach (var reference in references)
        {
            // A reading that is under way is as new as the next one would be.
            if (readings.TryGetValue(Place(reference), out var reading) && reading is { IsValueCreated: true, Value.IsCompleted: true })
            {
                readings.TryRemove(KeyValuePair.Create(Place(reference), reading));
            }
        }
    }

    private async ValueTask<Kept> Take(SecretReference reference, CancellationToken cancellationToken)
    {
        while (true)
        {
            var place = Place(reference);
            var reading = readings.GetOrAdd(place, _ => new Lazy<Task<Kept>>(() => Read(place)));
            try
            {
                var kept = await reading.Value.WaitAsync(cancellationToken);
                if (kept.Until > time.GetUtcNow())
                {
                    return kept;
                }
            }
            catch (SecretSourceException exception)
            {
                readings.TryRemove(KeyValuePair.Create(place, reading));
                throw Refuse(reference, exception.Message);
            }

            readings.TryRemove(KeyValuePair.Create(place, reading));
        }
    }

    private async Task<Kept> Read(SecretReference place)
    {
        Sweep();
        if (!sources.TryGetValue(place.Source, out var source) || !source.Allows(place))
        {
            // The operator may have taken the permission back since the connection was made.
            throw new SecretSourceException("The operator's settings do not allow this place.");
        }

        using var late = new CancellationTokenSource(Patience);
        try
        {
            var value = await source.Read(place, late.Token);
            return new Kept(value, time.GetUtcNow() + options.Value.CacheTime);
        }
        catch (OperationCanceledException)
        {
            throw new SecretSourceException($"The value was not read within {Patience.TotalSeconds:0} seconds.");
        }
    }

    /// <summary>Values that nobody asks for any more do not stay in memory for good.</summary>
    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var (place, reading) in readings)
        {
            if (reading is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && reading.Value.Result.Until <= now)
            {
                readings.TryRemove(KeyValuePair.Create(place, reading));
            }
        }
    }

    private McpFailureException Refuse(SecretReference reference, string why)
    {
        Log.NotRead(logger, reference.Source, reference.Name, why);
        return new McpFailureException(new ToolError(
            Unavailable, $"The value of '{reference.Variable}' cannot be had from where it is kept ({reference.Source}); an operator finds the reason in the log.", Retryable: true));
    }

    private static SecretReference Place(SecretReference reference) => reference with { Variable = "" };

    private sealed record Kept(string Value, DateTimeOffset Until)
    {
        /// <summary>Keeps the value out of anything that prints it.</summary>
        public override string ToString() => nameof(Kept);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A referenced secret cannot be used ({Source} {Name}): {Why}")]
        public static partial void NotRead(ILogger logger, string source, string name, string why);
    }
}
