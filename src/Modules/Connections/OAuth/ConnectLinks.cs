using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Links to the page where a person authorizes a connection, for errors of calls that need it.</summary>
internal sealed class ConnectLinks(IConfiguration configuration, IServer? server = null)
{
    private readonly string? configured = configuration[PublicOrigin.Setting] is { Length: > 0 } url ? url.TrimEnd('/') : null;

    /// <summary>The link of a connection.</summary>
    /// <param name="key">The connection.</param>
    /// <param name="scopes">Scopes that it needs besides those that it has; none for those that it has.</param>
    public string Of(ConnectionKey key, IReadOnlyCollection<string>? scopes = null)
        => $"{configured ?? Listening()}/connect/{key.Owner.Word}/{key.Integration}/{key.Name}" + (scopes is { Count: > 0 } ? "?scope=" + Uri.EscapeDataString(string.Join(' ', scopes)) : "");

    /// <summary>The tool error of a call whose connection must be authorized again.</summary>
    public McpFault Fault(ConnectionKey key) => new McpFailureException(Error(key, "This connection must be authorized again by a person", null));

    /// <summary>The tool error of a call that needs more scopes than were granted (RFC 6750 section 3.1, MCP "Step-Up Authorization Flow").</summary>
    /// <param name="key">The connection.</param>
    /// <param name="scopes">Those that were granted, and those that are needed.</param>
    public ToolError StepUp(ConnectionKey key, IReadOnlyList<string> scopes) => Error(key, "The upstream asks for more scopes than were granted: a person must authorize them", scopes);

    private ToolError Error(ConnectionKey key, string message, IReadOnlyList<string>? scopes)
    {
        var url = Of(key, scopes);
        return new ToolError(
            "oauth_reauth_required", $"{message}: {url}", Retryable: false,
            scopes is null ? JsonSerializer.SerializeToUtf8Bytes(new { url }) : JsonSerializer.SerializeToUtf8Bytes(new { url, scopes }));
    }

    /// <summary>Without a public URL there is the address that this host listens at; any address means this machine.</summary>
    private string Listening()
        => server?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address && Uri.TryCreate(
            address.Replace("://*", "://localhost", StringComparison.Ordinal).Replace("://+", "://localhost", StringComparison.Ordinal)
                .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal).Replace("://[::]", "://localhost", StringComparison.Ordinal),
            UriKind.Absolute, out var url)
            ? url.GetLeftPart(UriPartial.Authority)
            : "";
}
