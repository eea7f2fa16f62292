namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Secrets:Vault</c>: a HashiCorp Vault with a key-value engine, version 2.</summary>
internal sealed class VaultOptions
{
    /// <summary>Its URL: https, or http on this machine, where an agent of Vault may listen.</summary>
    public string? Address { get; set; }

    /// <summary>The token.</summary>
    public string? Token { get; set; }

    /// <summary>A file that holds the token; read for every request, since agents renew it.</summary>
    public string? TokenFile { get; set; }

    /// <summary>The namespace; none when it is not given.</summary>
    public string? Namespace { get; set; }

    /// <summary>Where the engine is mounted.</summary>
    public string Mount { get; set; } = "secret";

    /// <summary>Paths that references may name, whole or as a beginning that ends in <c>/*</c>.</summary>
    public string[] Paths { get; set; } = [];

    /// <summary>Whether references to it can be read.</summary>
    public bool IsValid() => Uri.TryCreate(Address, UriKind.Absolute, out var url) && url is { Query: "", Fragment: "", UserInfo: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && string.IsNullOrEmpty(Token) != string.IsNullOrEmpty(TokenFile)
        && (Token is null || AuthTemplateRules.IsHeaderText(Token)) && (Namespace is null || AuthTemplateRules.IsHeaderText(Namespace))
        && SecretPath.IsPath(Mount)
        && Array.TrueForAll(Paths, path => SecretPath.IsPath(path.EndsWith("/*", StringComparison.Ordinal) ? path[..^2] : path));
}
