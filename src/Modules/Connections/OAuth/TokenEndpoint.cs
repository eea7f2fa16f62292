using System.Net;
using System.Net.Http.Headers;

namespace Toolgate.Connections;

/// <summary>What came of asking for tokens: exactly one of the two.</summary>
/// <param name="Tokens">The tokens.</param>
/// <param name="Error">The code of the refusal, <c>invalid_grant</c> for example; <c>unusable</c> for an answer that is neither tokens nor a refusal in the form of RFC 6749.</param>
internal readonly record struct TokenOutcome(TokenSet? Tokens, string? Error)
{
    /// <summary>An answer that is nothing.</summary>
    public const string Unusable = "unusable";
}

/// <summary>Asks token endpoints. What they say is bounded, judged, and repeated nowhere but for the code of a refusal.</summary>
internal sealed class TokenEndpoint(EgressClient egress, TimeProvider time)
{
    private const int MaxAnswer = 64 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Changes a code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).</summary>
    /// <exception cref="McpFault">It cannot be reached.</exception>
    public Task<TokenOutcome> Exchange(Uri endpoint, ClientProof proof, string code, string redirect, string verifier, string? resource)
        => Ask(endpoint, proof, resource, new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", redirect), new("code_verifier", verifier));

    /// <summary>Changes a refresh token for others (RFC 6749 section 6).</summary>
    /// <exception cref="McpFault">It cannot be reached, or does not say whether it did.</exception>
    public Task<TokenOutcome> Refresh(Uri endpoint, ClientProof proof, string refresh, string? resource)
        => Ask(endpoint, proof, resource, new("grant_type", "refresh_token"), new("refresh_token", refresh));

    /// <summary>Gives a token back (RFC 7009). Whether that worked is the server's affair.</summary>
    public async Task Revoke(Uri endpoint, ClientProof proof, string token, string hint)
    {
        using var timeout = new CancellationTokenSource(FarewellTimeout);
        try
        {
            using var response = await Post(endpoint, proof, [new("token", token), new("token_type_hint", hint)], timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException or EgressRefusedException)
        {
            // The connection is gone either way; the token ends by itself.
        }
    }

    private async Task<TokenOutcome> Ask(Uri endpoint, ClientProof proof, string? resource, params List<KeyValuePair<string, string>> form)
    {
        if (resource is not null)
        {
            form.Add(new("resource", resource));
        }

        // Not the deadline of whoever happened to ask: a refresh token may be spent by the time that they give up.
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            using var response = await Post(endpoint, proof, form, timeout.Token);
            var status = (int)response.StatusCode;
            if (status >= 500 || response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
            {
                throw McpFault.Unavailable($"The token endpoint answered with status {status}.");
            }

            using var body = await BoundedBody.Read(response, MaxAnswer, timeout.Token);
            var error = body is null ? null : TokenAnswer.ErrorOf(body.Memory);

            // Some answer 200 to everything and mean what the body says.
            return response.IsSuccessStatusCode && error is null && body is not null && TokenAnswer.SetOf(body.Memory, time.GetUtcNow()) is { } tokens
                ? new TokenOutcome(tokens, null)
                : new TokenOutcome(null, error ?? TokenOutcome.Unusable);
        }
        catch (OperationCanceledException)
        {
            throw McpFault.Unavailable($"The token endpoint did not answer within {Timeout.TotalSeconds:0} seconds.");
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or EgressRefusedException)
        {
            throw McpFault.Unavailable(exception.GetBaseException() is EgressRefusedException refused ? refused.Message : "The token endpoint cannot be reached.");
        }
    }

    private async Task<HttpResponseMessage> Post(Uri endpoint, ClientProof proof, List<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        proof.AddTo(request, form);
        request.Content = new FormUrlEncodedContent(form);

        // Codes and secrets go to this very URL: a redirect to any other is refused.
        return await egress.Send(request, PreparedAuth.None, cancellationToken, url => url == endpoint);
    }
}
