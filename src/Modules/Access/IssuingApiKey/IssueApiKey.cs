using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Issues an API key, for the caller or, by an admin, for a service account.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">Scopes; all that the member may when absent.</param>
/// <param name="ExpiresAt">When it ends by itself; when absent never, or with the issuing key where that one ends.</param>
/// <param name="MemberId">A service account; the caller when absent.</param>
internal sealed record IssueApiKey(string Name, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt, string? MemberId);

/// <summary>A key that was just issued: the only response that ever holds its value.</summary>
internal sealed record IssuedApiKey(
    string Id, string MemberId, string Name, string Prefix, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt, string Value);

internal sealed class IssueApiKeyValidator : AbstractValidator<IssueApiKey>
{
    public IssueApiKeyValidator(TimeProvider time)
    {
        RuleFor(command => command.Name).NotEmpty().MaximumLength(100).NoControlCharacters();
        RuleFor(command => command.ExpiresAt).Must(end => end is null || end > time.GetUtcNow()).WithErrorCode("in_the_past").WithMessage("expiresAt must lie in the future.");
        RuleFor(command => command.Scopes).Must(scopes => scopes is null or { Count: > 0 }).WithErrorCode("empty").WithMessage("scopes must name at least one scope.");
        RuleForEach(command => command.Scopes).Must(scope => ScopeNames.Parse(scope) is not null)
            .WithErrorCode("unknown_scope").WithMessage("A scope is one of manage, audit, tools:invoke.");
    }
}

internal static class IssuingApiKey
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/api-keys", Handle).WithName("issueApiKey").WithSummary("Issue an API key; its value is shown once").NotATool().ShowsSecretOnce();

    public static Decision Decide(IssueApiKey command, string keyId, string digest, string prefix, Principal principal, AccessDecisionState state)
    {
        if (state.Today(principal) is not { } caller)
        {
            return MemberRules.CredentialEnded;
        }

        var memberId = command.MemberId ?? caller.Id;
        if (!state.Members.TryGetValue(memberId, out var member) || (memberId != caller.Id && !MemberRules.MayManage(caller, member.Role)))
        {
            return Rejection.Invalid("unknown_member", "There is no such member.", "/memberId");
        }

        if (memberId != caller.Id && member.Kind != MemberKind.Service)
        {
            return Rejection.Forbidden("not_a_service_account", "People issue their own keys.");
        }

        // A key never outlives the one that issued it: otherwise an end could be undone by whoever holds the key until then.
        var end = state.Keys.TryGetValue(caller.CredentialId, out var issuing) ? issuing.ExpiresAt : null;
        if (command.ExpiresAt > end)
        {
            return Rejection.Invalid("outlives_issuer", $"The issuing key ends at {end:yyyy-MM-dd'T'HH:mm:ssK}; a key that it issues ends no later.", "/expiresAt");
        }

        // It never carries more than its member may, nor lets its issuer do through it what the issuing credential may not.
        var asked = command.Scopes?.Aggregate(Scopes.None, (all, scope) => all | ScopeNames.Parse(scope)!.Value) ?? (AccessState.Allowed(member.Role) & caller.Scopes);
        var tooMuch = asked & ~(AccessState.Allowed(member.Role) & caller.Scopes);
        return tooMuch == Scopes.None
            ? Decision.Accept(new ApiKeyIssued(keyId, memberId, command.Name.Trim(), prefix, digest, asked, command.ExpiresAt ?? end))
            : Rejection.Invalid("scope_not_held", $"A key cannot carry {ScopeNames.Text(tooMuch)} here: its member or the issuing credential does not.", "/scopes");
    }

    private static async Task<Results<Created<IssuedApiKey>, ProblemResult>> Handle(
        IssueApiKey command, HttpContext context, IEventStore store, IReadModels models, CancellationToken cancellationToken)
    {
        var salt = Convert.FromBase64String(models.Current.Get<AccessState>().CredentialSalt!);
        var token = ApiKeyToken.New();
        var keyId = Ids.New("key");
        var digest = Convert.ToHexStringLower(AuthenticationIndex.Digest(salt, token));
        var caller = context.Principal();
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold,
            folded => Decide(command, keyId, digest, ApiKeyToken.Prefix(token), caller, folded.State), context.Metadata(), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        return !models.Current.Get<AccessState>().Keys.TryGetValue(keyId, out var key) ? ShownApiKey.Gone : TypedResults.Created(
            $"/api/account/api-keys/{key.Id}",
            new IssuedApiKey(key.Id, key.MemberId, key.Name, key.Prefix, ScopeNames.Of(key.Scopes), key.ExpiresAt, key.CreatedAt, token));
    }
}
