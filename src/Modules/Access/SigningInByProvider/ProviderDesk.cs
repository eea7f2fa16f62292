using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Lets people in whom the provider sends.</summary>
internal sealed class ProviderDesk(
    Provider provider, IdTokens tokens, SignInDesk desk, IEventStore store, IReadModels models, PublicAddress address, IOptions<AccessOptions> options) : IDisposable
{
    /// <summary>Path to which the provider sends people back; registered there below the address of this deployment.</summary>
    public const string CallbackPath = "/sign-in/oidc/callback";

    /// <summary>Anybody may come back with anything, and each asks the provider something: so many at once.</summary>
    private const int AtOnce = 16;

    private readonly OpenIdConnectOptions settings = options.Value.OpenIdConnect;
    private readonly SemaphoreSlim gate = new(AtOnce);

    /// <summary>Where the browser goes to sign in.</summary>
    /// <exception cref="ProviderException">The provider cannot be reached.</exception>
    public async Task<string> Begin(HttpContext context, string back, CancellationToken cancellationToken)
    {
        var metadata = await provider.Metadata(null, cancellationToken);
        var flow = SignInFlow.Begin(context, back);
        var query = QueryString.Create(
        [
            KeyValuePair.Create("response_type", (string?)"code"),
            KeyValuePair.Create("client_id", settings.ClientId),
            KeyValuePair.Create("redirect_uri", (string?)RedirectUri(context)),
            KeyValuePair.Create("scope", (string?)string.Join(' ', settings.Scopes.Prepend("profile").Prepend("email").Prepend("openid").Distinct(StringComparer.Ordinal))),
            KeyValuePair.Create("state", (string?)flow.State),
            KeyValuePair.Create("nonce", (string?)flow.Nonce),
            KeyValuePair.Create("code_challenge", (string?)flow.Challenge),
            KeyValuePair.Create("code_challenge_method", (string?)"S256"),
        ]);
        var endpoint = metadata.AuthorizationEndpoint;
        return endpoint + (endpoint.Contains('?', StringComparison.Ordinal) ? "&" + query.Value![1..] : query.Value);
    }

    /// <summary>Ends what <see cref="Begin"/> began: the person is signed in. Where they were going.</summary>
    /// <exception cref="ProviderException">They are not let in.</exception>
    public async Task<string> End(HttpContext context, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        if (SignInFlow.End(context, query["state"]) is not { } flow)
        {
            throw new ProviderException("other_browser");
        }

        if (query["error"].Count > 0 || query["code"] is not [{ Length: > 0 } code])
        {
            throw new ProviderException(query["error"] == "access_denied" ? "refused_there" : "code_refused");
        }

        if (!await gate.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            throw new ProviderException("busy");
        }

        try
        {
            var person = await Who(flow, code, query["iss"], RedirectUri(context), cancellationToken);
            var memberId = await Join(person, cancellationToken);
            return await desk.Open(context, memberId, passwordAt: null, cancellationToken) is not null ? flow.Back : throw new ProviderException("member_gone");
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private string RedirectUri(HttpContext context) => address.Of(context.Request) + CallbackPath;

    private async Task<ProvidedPerson> Who(SignInFlow flow, string code, string? issuer, string redirectUri, CancellationToken cancellationToken)
    {
        var metadata = await provider.Metadata(null, cancellationToken);

        // RFC 9207: the answer of one provider must not be taken to another.
        if (issuer is null ? metadata.NamesItself : issuer != settings.Issuer)
        {
            throw new ProviderException("other_issuer");
        }

        var (idToken, accessToken) = await provider.Exchange(metadata, code, flow.Verifier, redirectUri, cancellationToken);
        var claims = await tokens.Validate(idToken, flow.Nonce, metadata, cancellationToken);
        if (accessToken is not null && metadata.UserInfoEndpoint is { } endpoint && IsIncomplete(claims))
        {
            using var more = await provider.UserInfo(endpoint, accessToken, cancellationToken);
            claims = Together(claims, more.RootElement);
        }

        return ProvidedPerson.Of(claims, settings);
    }

    private bool IsIncomplete(JsonElement claims)
        => Claims.Text(claims, "email") is null || (settings.Roles.Count > 0 && !claims.TryGetProperty(settings.GroupClaim, out _));

    /// <summary>What the token says stands; the rest is added, when it is of the same person (OpenID Connect Core 1.0 section 5.3.2).</summary>
    private static JsonElement Together(JsonElement token, JsonElement more)
    {
        if (Claims.Text(more, "sub") is not { } subject || subject != Claims.Text(token, "sub"))
        {
            throw new ProviderException("other_subject");
        }

        // Whether an address is verified is said of the address beside it, and of no other.
        var ofAddress = Claims.Text(token, "email") is null ? Array.Empty<string>() : ["email", "email_verified"];
        var all = more.EnumerateObject().Where(member => !ofAddress.Contains(member.Name, StringComparer.Ordinal)).Concat(token.EnumerateObject())
            .GroupBy(member => member.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
        if (ofAddress.Length == 0 && more.TryGetProperty("email_verified", out var verified))
        {
            all["email_verified"] = verified;
        }

        return JsonSerializer.SerializeToElement(all);
    }

    private async Task<string> Join(ProvidedPerson person, CancellationToken cancellationToken)
    {
        var state = models.Current.Get<AccessState>();
        var (known, newMember) = (state.Members.Values.FirstOrDefault(member => member.Identity == person.Identity)?.Id, Rest.Ids.New("usr"));
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => JoiningByProvider.Decide(person, newMember, settings.LinkByEmail, folded.State),
            new EventMetadata(known ?? newMember), nameTaken: _ => JoiningByProvider.EmailTaken, cancellationToken: cancellationToken);
        return decided.IsDone(out var done, out var rejection) && JoiningByProvider.MemberOf(person.Identity, done.State) is { } memberId
            ? memberId
            : throw new ProviderException(rejection?.Code ?? "member_gone");
    }
}
