using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Hashes of passwords: the framework's hasher (PBKDF2 with HMAC-SHA512, 128-bit salt) with 210,000 rounds. Half of the cores compute at once, and few may wait:
/// guessing must take neither every core nor memory without end. An account that does not exist costs the same work.
/// </summary>
internal sealed class Passwords(NpgsqlDataSource database) : IDisposable
{
    /// <summary>Fewest characters of a password.</summary>
    public const int MinLength = 12;

    /// <summary>Most characters of a password.</summary>
    public const int MaxLength = 256;

    private const int Rounds = 210_000;
    private const int WaitingEach = 32;
    private const int RetryAfterSeconds = 2;
    private static readonly int AtOnce = Math.Max(1, Environment.ProcessorCount / 2);
    private static readonly HashSet<string> Common = new(
        ["password1234", "passwordpassword", "123456789012", "1234567890123", "qwertyuiop12", "qwertyuiopas", "administrator", "letmeinletmein", "changemechangeme", "toolgatetoolgate"],
        StringComparer.OrdinalIgnoreCase);

    private readonly PasswordHasher<string> hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));
    private readonly HashGate gate = new(AtOnce, WaitingEach * AtOnce);
    private readonly string nobody = HashOfNobody();

    /// <summary>The refusal when too many hashes are asked for at once; answered by <see cref="IsBusy"/>.</summary>
    public static Rejection Busy { get; } = Rejection.Conflict("busy", "Too many people sign in at the moment. Try again in a few seconds.");

    /// <summary>The refusal where people sign in by the provider alone.</summary>
    public static Rejection AreOff { get; } = Rejection.Forbidden("passwords_off", "People sign in here by single sign-on, not by password.");

    /// <summary>503, with the time to come back.</summary>
    public static ProblemResult IsBusy(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Problem.Of(StatusCodes.Status503ServiceUnavailable, Busy.Code, Busy.Detail);
    }

    /// <summary>Why a password may not be used, or null.</summary>
    public static string? Fault(string? password, string? email) => password switch
    {
        null or { Length: < MinLength } => $"A password has at least {MinLength} characters.",
        { Length: > MaxLength } => $"A password has at most {MaxLength} characters.",
        _ when Common.Contains(password) || password.Distinct().Count() < 4 => "This password is among the first that are guessed.",
        _ when email is not null && string.Equals(password, email, StringComparison.OrdinalIgnoreCase) => "The password must not be the e-mail address.",
        _ => null,
    };

    /// <summary>The write that stores a password, to be done with the event that tells of it; null when too many hashes are asked for (<see cref="Busy"/>).</summary>
    public async Task<SideWrite?> Store(string memberId, string password, CancellationToken cancellationToken)
        => await gate.Run(() => hasher.HashPassword(memberId, password), isKnown: false, cancellationToken) is { } hash
            ? new SideWrite(
                "insert into toolgate.passwords (member_id, hash) values ($1, $2) on conflict (member_id) do update set hash = excluded.hash, set_at = now()", memberId, hash)
            : null;

    /// <summary>The write that destroys a password.</summary>
    public static SideWrite Destroy(string memberId) => new("delete from toolgate.passwords where member_id = $1", memberId);

    /// <summary>
    /// Whether the password is the member's; false for a member without one and for no member, after the same work: one read, one hash. Null when too many hashes
    /// are asked for (<see cref="Busy"/>).
    /// </summary>
    /// <param name="memberId">The member; null for nobody.</param>
    /// <param name="password">What was presented.</param>
    /// <param name="isKnown">Whether the caller's browser is known to the account: it still finds room when strangers have taken theirs.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<bool?> Verify(string? memberId, string password, bool isKnown, CancellationToken cancellationToken)
    {
        if (gate.IsFull(isKnown))
        {
            return null;
        }

        var hash = await Read(memberId ?? "", cancellationToken);
        var fits = await gate.Run(
            () => hasher.VerifyHashedPassword(memberId ?? "", hash ?? nobody, password.Length > MaxLength ? "" : password).ToString(), isKnown, cancellationToken);
        return fits is null ? null : hash is not null && fits != nameof(PasswordVerificationResult.Failed);
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    /// <summary>
    /// A hash that no password fits, made without computing one: the framework's format 3 (a marker, the function, rounds, length of the salt, salt, subkey) with a
    /// subkey that is random.
    /// </summary>
    private static string HashOfNobody()
    {
        const int head = 13, salt = 16, subkey = 32;
        var bytes = new byte[head + salt + subkey];
        RandomNumberGenerator.Fill(bytes.AsSpan(head));
        bytes[0] = 0x01;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)KeyDerivationPrf.HMACSHA512);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(5), Rounds);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(9), salt);
        return Convert.ToBase64String(bytes);
    }

    private async Task<string?> Read(string memberId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select hash from toolgate.passwords where member_id = $1");
        command.Parameters.AddWithValue(memberId);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }
}
