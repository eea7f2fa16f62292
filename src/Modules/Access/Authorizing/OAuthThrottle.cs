using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Toolgate.Access;

/// <summary>What anybody may ask for without a credential costs something each time: registrations an event, token requests a read of a stream.</summary>
internal sealed class OAuthThrottle(IOptions<AccessOptions> options) : IDisposable
{
    /// <summary>Token requests of one network address in a burst, refilled by a twentieth each second.</summary>
    private const int TokenBurst = 200;

    private readonly PartitionedRateLimiter<string> registrations = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(
        address,
        _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Value.OAuth.RegistrationsPerHour,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromHours(1) / options.Value.OAuth.RegistrationsPerHour,
            QueueLimit = 0,
        }));

    private readonly PartitionedRateLimiter<string> tokens = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(
        address,
        _ => new TokenBucketRateLimiterOptions { TokenLimit = TokenBurst, TokensPerPeriod = TokenBurst / 20, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0 }));

    /// <summary>How long a registration must wait; null when it may go on.</summary>
    public TimeSpan? Register(HttpContext context) => Wait(registrations, context);

    /// <summary>How long a token request must wait; null when it may go on.</summary>
    public TimeSpan? Token(HttpContext context) => Wait(tokens, context);

    /// <summary>429.</summary>
    public static Task TooMany(HttpContext context, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return new OAuthFault("temporarily_unavailable", "Too many requests from this network address. Try again later.").Write(context, StatusCodes.Status429TooManyRequests);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        registrations.Dispose();
        tokens.Dispose();
    }

    private static TimeSpan? Wait(PartitionedRateLimiter<string> limiter, HttpContext context)
    {
        using var lease = limiter.AttemptAcquire(AttemptThrottle.Network(context.Connection.RemoteIpAddress?.ToString() ?? ""));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);
    }
}
