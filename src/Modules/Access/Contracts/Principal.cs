namespace Toolgate.Access;

/// <summary>Who is calling, from a verified credential alone.</summary>
/// <param name="Id">Stable identity, <c>usr_…</c> or <c>svc_…</c>.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Role">Role in the workspace, as of now.</param>
/// <param name="Scopes">What the credential allows; never more than the principal may.</param>
/// <param name="CredentialId">The credential: <c>key_…</c>, <c>ses_…</c> for a person at the console, <c>grt_…</c> for an MCP client that a person let in.</param>
public sealed record Principal(string Id, string Name, Role Role, Scopes Scopes, string CredentialId)
{
    /// <summary>What kind of credential it is.</summary>
    public CredentialKind Kind { get; init; } = CredentialKind.ApiKey;

    /// <summary>Path of the only resource that the credential opens (RFC 8707); null when it is bound to none.</summary>
    public string? Audience { get; init; }

    /// <summary>The toolkit that the credential shows there, <c>tk_…</c>; null for what the audience says by itself.</summary>
    public string? ToolkitId { get; init; }

    /// <summary>May write rows that the whole workspace shares.</summary>
    public bool MayWriteOrg => Role >= Role.Admin;

    /// <summary>Whether the credential carries every one of <paramref name="needed"/>.</summary>
    public bool Has(Scopes needed) => (Scopes & needed) == needed;

    /// <summary>Whether the credential may at least see what MCP endpoints offer.</summary>
    public bool MaySeeTools => (Scopes & (Scopes.ToolsInvoke | Scopes.ToolsRead)) != Scopes.None;
}

/// <summary>Kinds of credentials.</summary>
public enum CredentialKind
{
    /// <summary>An API key: REST and MCP, as far as its scopes go.</summary>
    ApiKey,

    /// <summary>A person signed in at the console by a cookie: REST and pages, never MCP.</summary>
    SignIn,

    /// <summary>An access token of an MCP client that a person let in: one MCP resource and nothing else.</summary>
    Grant,

    /// <summary>Nobody in particular, where the operator allows it.</summary>
    Anonymous,
}

/// <summary>Roles, each includes the ones before it.</summary>
public enum Role
{
    /// <summary>Uses what is shared and manages its own rows.</summary>
    Member,

    /// <summary>Writes what the workspace shares.</summary>
    Admin,

    /// <summary>Also manages admins and owners.</summary>
    Owner,
}

/// <summary>What a credential may be used for. On the wire: <c>manage</c>, <c>audit</c>, <c>tools:invoke</c>.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The REST API.</summary>
    Manage = 1,

    /// <summary>Reading the log.</summary>
    Audit = 2,

    /// <summary>MCP endpoints.</summary>
    ToolsInvoke = 4,

    /// <summary>Seeing on MCP endpoints what there is, without using it. Contained in <see cref="ToolsInvoke"/>; only MCP clients have it alone, as <c>mcp:read</c>.</summary>
    ToolsRead = 8,

    /// <summary>Everything that an API key can be given.</summary>
    All = Manage | Audit | ToolsInvoke,
}
