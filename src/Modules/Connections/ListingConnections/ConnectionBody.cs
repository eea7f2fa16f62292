using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>A connection on the wire. Values never come back.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Integration">Slug of its integration.</param>
/// <param name="Name">Its normalised name.</param>
/// <param name="Template">Slug of its auth template.</param>
/// <param name="Address">What the addresses of its tools begin with.</param>
/// <param name="Variables">Names of the values that it holds.</param>
/// <param name="Description">What it is for.</param>
/// <param name="ToolCount">Tools reachable through it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="Version">Version of its stream: the ETag.</param>
internal sealed record ConnectionBody(
    string Owner, string Integration, string Name, string Template, string Address, IReadOnlyList<string> Variables, string Description, int ToolCount,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version)
{
    /// <summary>How reading its own catalog anew went last; null when it has none, and in lists and answers to writes.</summary>
    public RefreshStatus? Refresh { get; init; }

    /// <summary><c>connected</c>, or <c>reauth_required</c>: calls are refused until a person authorizes it again.</summary>
    public string Status { get; init; } = "connected";

    /// <summary>When its access token ends and is renewed, where it has one and that is known; null in answers to writes.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The scopes that were granted; null when its credentials were pasted.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>Where values are kept that are not sealed here, by variable; null when there are none, and for those who may not write the connection.</summary>
    public IReadOnlyDictionary<string, SecretPlace>? References { get; init; }

    /// <summary>How a row is shown.</summary>
    public static ConnectionBody Of(ConnectionRow row, ConnectionsState state, Principal reader)
    {
        var (key, connection) = (row.Connection.Key, row.Connection);
        return new ConnectionBody(
            key.Owner.Word, key.Integration, key.Name, connection.Template, key.Address, connection.Variables, connection.Description,
            state.ToolCountOf(connection), row.CreatedAt, row.UpdatedAt, row.Version)
        {
            Status = connection.Grant is { IsEnded: true } ? "reauth_required" : "connected",
            Scopes = connection.Grant?.Scopes,
            References = connection.References.IsEmpty || !key.Owner.IsWritableBy(reader)
                ? null
                : connection.References.ToDictionary(reference => reference.Variable, SecretPlace.Of, StringComparer.Ordinal),
        };
    }
}
