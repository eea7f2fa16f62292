using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Access;

/// <summary>
/// Brings the keys of external issuers before tokens need them, and again when their documents are old or a token names a key that is not known:
/// <code>
/// metadata (RFC 8414, OpenID Connect Discovery) ─► jwks_uri ─► keys ─► wait as long as they live, or until somebody misses one
/// </code>
/// </summary>
internal sealed partial class IssuerKeys(ExternalTokens tokens, IGuardedFetch fetch, TimeProvider time, ILogger<IssuerKeys> logger) : BackgroundService
{
    private const int MaxBytes = 512 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Gets the keys of an issuer; how long they live, or null when there are none.</summary>
    public async Task<TimeSpan?> Load(ExternalIssuer issuer, CancellationToken cancellationToken)
    {
        string? why = null;
        foreach (var url in MetadataOf(issuer.Options.Issuer))
        {
            var document = await fetch.Get(url, MaxBytes, cancellationToken);
            why = document.Fault;
            if (document.Json is not { } json)
            {
                continue;
            }

            if (KeysOf(json, issuer.Options.Issuer) is not { } address)
            {
                why = "Its metadata are of another issuer, or name no jwks_uri.";
                continue;
            }

            var keys = await fetch.Get(address, MaxBytes, cancellationToken);
            why = keys.Fault;
            if (keys.Json is { } set && issuer.Take(Encoding.UTF8.GetString(set.Span)))
            {
                return keys.Lifetime > Longest ? Longest : keys.Lifetime;
            }

            why ??= "Its jwks_uri has no keys to verify with.";
        }

        Log.NoKeys(logger, issuer.Options.Issuer, why ?? "");
        return null;
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(tokens.Issuers.Select(issuer => Follow(issuer, stoppingToken)));

    private async Task Follow(ExternalIssuer issuer, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var life = await Load(issuer, stoppingToken);

            // A token that names no key of the issuer costs its sender nothing: asking again has its own pace.
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.Delay(life < Pause ? life.Value : Pause, time, stoppingToken);
            if (life is { } whole && whole > Pause)
            {
                await Task.WhenAny(Task.Delay(whole - Pause, time, waiting.Token), tokens.Missed(issuer, waiting.Token));
                await waiting.CancelAsync();
            }
        }
    }

    /// <summary>Where an issuer tells about itself: after its path (OpenID Connect Discovery 1.0 section 4), and before it (RFC 8414 section 3.1).</summary>
    private static IEnumerable<Uri> MetadataOf(string issuer)
    {
        var url = new Uri(issuer);
        yield return new Uri(issuer.TrimEnd('/') + "/.well-known/openid-configuration");
        yield return new Uri($"{url.GetLeftPart(UriPartial.Authority)}/.well-known/oauth-authorization-server{url.AbsolutePath.TrimEnd('/')}");
    }

    /// <summary>The address of the keys; null for metadata of somebody else, who could speak for this issuer otherwise.</summary>
    private static Uri? KeysOf(ReadOnlyMemory<byte> json, string issuer)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Claims.Text(document.RootElement, "issuer") == issuer && Uri.TryCreate(Claims.Text(document.RootElement, "jwks_uri"), UriKind.Absolute, out var address) ? address : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The keys of the issuer {Issuer} cannot be had, so that its tokens open nothing new: {Why}")]
        public static partial void NoKeys(ILogger logger, string issuer, string why);
    }
}
