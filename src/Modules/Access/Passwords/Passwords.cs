using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>
/// Hashes of passwords: the framework's hasher (PBKDF2 with HMAC-SHA512, 128-bit salt) with 210,000 rounds. A few are computed at once: guessing must not take every
/// core. An account that does not exist costs the same work.
/// </summary>
internal sealed class Passwords(NpgsqlDataSource database) : IDisposable
{
    /// <summary>Fewest characters of a password.</summary>
    public const int MinLength = 12;

    /// <summary>Most characters of a password.</summary>
    public const int MaxLength = 256;

    private const int AtOnce = 2;
    private static readonly HashSet<string> Common = new(
        ["password1234", "passwordpassword", "123456789012", "1234567890123", "qwertyuiop12", "qwertyuiopas", "administrator", "letmeinletmein", "changemechangeme", "toolgatetoolgate"],
        StringComparer.OrdinalIgnoreCase);

    private readonly PasswordHasher<string> hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));
    private readonly SemaphoreSlim gate = new(AtOnce);
    private readonly Lazy<string> nobody = new(() => new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 210_000 })).HashPassword("", Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16))));

    /// <summary>Why a password may not be used, or null.</summary>
    public static string? Fault(string? password, string? email) => password switch
    {
        null or { Length: < MinLength } => $"A password has at least {MinLength} characters.",
        { Length: > MaxLength } => $"A password has at most {MaxLength} characters.",
        _ when Common.Contains(password) || password.Distinct().Count() < 4 => "This password is among the first that are guessed.",
        _ when email is not null && string.Equals(password, email, StringComparison.OrdinalIgnoreCase) => "The password must not be the e-mail address.",
        _ => null,
    };

    /// <summary>The write that stores a password, to be done with the event that tells of it.</summary>
    public async Task<SideWrite> Store(string memberId, string password, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            var hash = await Task.Run(() => hasher.HashPassword(memberId, password), CancellationToken.None);
            return new SideWrite(
                "insert into toolgate.passwords (member_id, hash) values ($1, $2) on conflict (member_id) do update set hash = excluded.hash, set_at = now()", memberId, hash);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The write that destroys a password.</summary>
    public static SideWrite Destroy(string memberId) => new("delete from toolgate.passwords where member_id = $1", memberId);

    /// <summary>Whether the password is the member's; false for a member without one and for no member, after the same work.</summary>
    public async Task<bool> Verify(string? memberId, string password, CancellationToken cancellationToken)
    {
        var hash = memberId is null ? null : await Read(memberId, cancellationToken);
        await gate.WaitAsync(cancellationToken);
        try
        {
            var fits = await Task.Run(
                () => hasher.VerifyHashedPassword(memberId ?? "", hash ?? nobody.Value, password.Length > MaxLength ? "" : password), CancellationToken.None);
            return hash is not null && fits != PasswordVerificationResult.Failed;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private async Task<string?> Read(string memberId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select hash from toolgate.passwords where member_id = $1");
        command.Parameters.AddWithValue(memberId);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }
}
