using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Toolgate.Connections;

/// <summary>An authorization that was begun: all that its end needs, fixed at the beginning, so that nothing that comes back can change it.</summary>
internal sealed record PendingAuthorization
{
    public required string? Subject { get; init; }

    public required string Integration { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required string Template { get; init; }

    public required string Issuer { get; init; }

    /// <summary>Whether the issuer was stated by the server, so that a response can be compared with it.</summary>
    public required bool IsStated { get; init; }

    /// <summary>Whether responses must name the issuer (RFC 9207).</summary>
    public required bool NamesItself { get; init; }

    public required Uri TokenEndpoint { get; init; }

    public required Uri RefreshEndpoint { get; init; }

    public Uri? RevocationEndpoint { get; init; }

    public required string Client { get; init; }

    public string? Resource { get; init; }

    public required string[] Scopes { get; init; }

    public required string Redirect { get; init; }

    public required string Verifier { get; init; }

    /// <summary>The toolkit that the person came for; null for none.</summary>
    public string? Toolkit { get; init; }

    /// <summary>Keeps the verifier out of anything that prints it.</summary>
    public override string ToString() => $"{nameof(PendingAuthorization)} {Integration} {Name}";
}

/// <summary>
/// Table <c>toolgate.oauth_authorizations</c>: what was begun and not ended. A row is found by the digest of its state alone, opens with the master key alone,
/// works once, and only for the principal that began it. It survives a restart, and any host can end what another began.
/// </summary>
internal sealed class PendingAuthorizations(NpgsqlDataSource database, IStateSeal seal, TimeProvider time)
{
    private const string Purpose = "oauth-authorization";

    /// <summary>Most that one principal may have begun; the oldest gives way.</summary>
    private const int MostOfOne = 50;

    /// <summary>How long a person may take at the authorization server.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromMinutes(15);

    /// <summary>Keeps one and names its state.</summary>
    public async Task<string> Add(PendingAuthorization pending, string principal, CancellationToken cancellationToken)
    {
        var state = AuthorizationCode.NewSecret();
        await using var write = database.CreateCommand(
            """
            with ended as (delete from toolgate.oauth_authorizations where expires_at < $5),
                 crowd as (delete from toolgate.oauth_authorizations where state_digest in
                     (select state_digest from toolgate.oauth_authorizations where principal = $2 order by expires_at desc offset $6))
            insert into toolgate.oauth_authorizations (state_digest, principal, sealed, expires_at) values ($1, $2, $3, $4)
            """);
        var now = time.GetUtcNow();
        write.Parameters.AddWithValue(DigestOf(state));
        write.Parameters.AddWithValue(principal);
        write.Parameters.AddWithValue(seal.Seal(JsonSerializer.SerializeToUtf8Bytes(pending), Purpose));
        write.Parameters.AddWithValue(now + Life);
        write.Parameters.AddWithValue(now);
        write.Parameters.AddWithValue(MostOfOne - 1);
        await write.ExecuteNonQueryAsync(cancellationToken);
        return state;
    }

    /// <summary>Takes one out; null for a state that is unknown, used, too old, or another principal's, which then still works for that one.</summary>
    public async Task<PendingAuthorization?> Take(string state, string principal, CancellationToken cancellationToken)
    {
        await using var take = database.CreateCommand("delete from toolgate.oauth_authorizations where state_digest = $1 and principal = $2 and expires_at > $3 returning sealed");
        take.Parameters.AddWithValue(DigestOf(state));
        take.Parameters.AddWithValue(principal);
        take.Parameters.AddWithValue(time.GetUtcNow());
        return await take.ExecuteScalarAsync(cancellationToken) is string text && seal.Open(text, Purpose) is { } opened ? JsonSerializer.Deserialize<PendingAuthorization>(opened) : null;
    }

    private static string DigestOf(string state) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)));
}
