using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Primitives;

namespace Toolgate.Access;

/// <summary>What a client asks of a person (OAuth 2.1 section 4.1.1), read and judged.</summary>
/// <param name="Client">Who asks.</param>
/// <param name="RedirectUri">Where the answer goes; one of the client's.</param>
/// <param name="State">Given back as it is.</param>
/// <param name="Challenge">PKCE, S256.</param>
/// <param name="Scopes">What is asked for and known here.</param>
/// <param name="Path">Path of the resource.</param>
internal sealed partial record AuthorizationRequest(Client Client, string RedirectUri, string? State, string Challenge, ImmutableArray<string> Scopes, string Path)
{
    /// <summary>The parameters that count; a form carries them from the question to the answer.</summary>
    public static readonly string[] Parameters =
        ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "resource", "response_mode", "prompt"];

    private const int MaxState = 2_000;

    /// <summary>
    /// Judges a request. The client and where it may lead come first: before both are known, nobody is sent anywhere (OAuth 2.1 section 7.5.2), and the person is
    /// told. After that the client is.
    /// </summary>
    /// <param name="value">The values of a parameter.</param>
    /// <param name="client">The client of <c>client_id</c>; null when there is none.</param>
    /// <param name="origin">Origin of this deployment.</param>
    public static AuthorizationOutcome Judge(Func<string, StringValues> value, Client? client, string origin)
    {
        if (client is null || value("client_id").Count != 1)
        {
            return new AuthorizationOutcome.ToPerson("This client is not known here. Connect it again from the start; it then registers anew.");
        }

        var redirect = value("redirect_uri") switch
        {
            [{ Length: > 0 } one] => one,
            { Count: 0 } when client.RedirectUris is [var only] => only,
            _ => null,
        };
        if (redirect is null || !Access.RedirectUri.IsAcceptable(redirect, out _) || !client.MayReturnTo(redirect))
        {
            return new AuthorizationOutcome.ToPerson("The client asks to send you to an address that it did not register. Nobody was sent there.");
        }

        var state = value("state") is [{ Length: <= MaxState } text] ? text : null;
        if (Fault(value, out var scopes, out var challenge) is { } fault)
        {
            return new AuthorizationOutcome.ToClient(redirect, state, fault);
        }

        return value("resource") is { Count: <= 1 } resource && ResourceIndicator.PathOf(resource is [{ } named] ? named : null, origin) is { } path
            ? new AuthorizationOutcome.Asks(new AuthorizationRequest(client, redirect, state, challenge, scopes, path))
            : new AuthorizationOutcome.ToClient(redirect, state, OAuthFault.Target);
    }

    private static OAuthFault? Fault(Func<string, StringValues> value, out ImmutableArray<string> scopes, out string challenge)
    {
        (scopes, challenge) = ([], "");
        foreach (var name in Parameters)
        {
            if (name != "resource" && value(name).Count > 1)
            {
                return OAuthFault.Invalid($"The parameter {name} is given more than once.");
            }
        }

        if (value("response_type") is not ["code"])
        {
            return new OAuthFault("unsupported_response_type", "response_type is code.");
        }

        if (value("response_mode") is not ({ Count: 0 } or ["query"]))
        {
            return OAuthFault.Invalid("response_mode is query.");
        }

        if (value("state") is [{ Length: > MaxState }])
        {
            return OAuthFault.Invalid($"state has at most {MaxState} characters.");
        }

        if (value("code_challenge_method") is not ["S256"] || value("code_challenge") is not [{ } given] || !S256().IsMatch(given))
        {
            return OAuthFault.Invalid("PKCE is needed: code_challenge with code_challenge_method S256.");
        }

        (challenge, scopes) = (given, GrantScopes.Parse(value("scope")));
        return scopes.IsEmpty ? new OAuthFault("invalid_scope", "Scopes are mcp, mcp:read and offline_access.")
            : value("prompt") is ["none"] ? new OAuthFault("interaction_required", "A person is asked each time.")
            : null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{43}\z", RegexOptions.CultureInvariant)]
    private static partial Regex S256();
}

/// <summary>What comes of an authorization request before the person was asked.</summary>
internal abstract record AuthorizationOutcome
{
    /// <summary>The person can be asked.</summary>
    public sealed record Asks(AuthorizationRequest Request) : AuthorizationOutcome;

    /// <summary>The client is told that something is wrong.</summary>
    public sealed record ToClient(string RedirectUri, string? State, OAuthFault Fault) : AuthorizationOutcome;

    /// <summary>The person is told that something is wrong, and sent nowhere.</summary>
    public sealed record ToPerson(string Text) : AuthorizationOutcome;
}
