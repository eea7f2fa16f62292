using System.Buffers;

namespace Toolgate.Connections;

/// <summary>What makes a template usable, and which values it asks for.</summary>
internal static class AuthTemplateRules
{
    /// <summary>The first variable of a <c>basic</c> template (RFC 7617).</summary>
    public const string UserName = "username";

    /// <summary>The second variable of a <c>basic</c> template.</summary>
    public const string Password = "password";

    /// <summary>What a template with one variable calls it.</summary>
    public const string Token = "token";

    /// <summary>RFC 9110 section 5.6.2.</summary>
    private static readonly SearchValues<char> TokenCharacters
        = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Headers that frame or route the message; a credential there would change which message it is.</summary>
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Content-Location",
        "Content-MD5", "Content-Range", "Allow", "Expires", "Last-Modified", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Expect",
        "Keep-Alive", "Proxy-Connection", "User-Agent", "traceparent", "tracestate",
    };

    /// <summary>The variables that a connection must supply, in the order of the template.</summary>
    public static IReadOnlyList<string> VariablesOf(AuthTemplate template) => template.Kind == AuthKind.Basic
        ? [UserName, Password]
        : ClientCredentials.FlowOf(template) is not null ? [ClientCredentials.ClientId, ClientCredentials.ClientSecret]
        : [.. template.Placements.Select(placement => placement.Literal is null ? placement.Variable : null).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Whether the name can be an ordinary request header.</summary>
    public static bool IsHeaderName(string name) => name.Length is > 0 and <= 100 && !name.AsSpan().ContainsAnyExcept(TokenCharacters) && !Framing.Contains(name);

    /// <summary>Whether a text can travel in a header: visible ASCII and blanks, no line ends, no controls.</summary>
    public static bool IsHeaderText(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Whether a text holds control characters, line ends included.</summary>
    public static bool HasControl(string text) => text.Any(char.IsControl);

    /// <summary>Variables that decide which program runs, or what runs inside of it: naming them would step around the commands that the operator allows.</summary>
    private static readonly HashSet<string> Steering = new(StringComparer.OrdinalIgnoreCase)
    {
        "PATH", "HOME", "IFS", "ENV", "BASH_ENV", "SHELL", "NODE_OPTIONS", "NODE_PATH", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PERL5LIB", "PERL5OPT", "RUBYLIB", "RUBYOPT",
        "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "DOTNET_STARTUP_HOOKS", "UV_INDEX_URL", "PIP_INDEX_URL",
    };

    /// <summary>Whether the name can be an environment variable that a connection fills.</summary>
    public static bool IsVariableName(string name) => name.Length is > 0 and <= 100 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
        && !Steering.Contains(name) && !Array.Exists(["LD_", "DYLD_", "GIT_", "NPM_CONFIG_", "CORECLR_", "DOTNET_"], prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether connections can be made with the template here; says why not.</summary>
    /// <param name="template">The template.</param>
    /// <param name="isProcess">Whether the server is a process of this machine: it has variables, and no headers.</param>
    public static string? Unusable(AuthTemplate template, bool isProcess = false) => template.Kind switch
    {
        AuthKind.Basic when isProcess => "A process takes its credentials from environment variables.",
        AuthKind.ApiKey when isProcess => template.Placements.All(placement => placement.Carrier == Carrier.Env && IsVariableName(placement.Name))
            ? null : "A process takes its credentials from environment variables, and not from those that steer programs.",
        AuthKind.OAuth2 when isProcess => "A process takes its credentials from environment variables.",
        AuthKind.OAuth2 when ClientCredentials.FlowOf(template) is not null => null,
        AuthKind.OAuth2 when AuthorizationCode.FlowOf(template) is not null => "This template obtains its tokens by OAuth: a person begins at POST /api/connections/oauth/start. Add a template of kind apiKey for a token of your own.",
        AuthKind.OAuth2 => "This template has no OAuth flow that can be used here. Add a template of kind apiKey for a token of your own.",
        AuthKind.ApiKey when template.Placements.Any(placement => placement.Carrier == Carrier.Env) => "Environment variables cannot travel in an HTTP request.",
        AuthKind.ApiKey when template.Placements.Any(placement => placement.Carrier == Carrier.Header && !IsHeaderName(placement.Name)) => "A header of this template cannot carry a credential.",
        _ => null,
    };
}
