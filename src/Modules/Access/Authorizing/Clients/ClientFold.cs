using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>A client's stream, as far as decisions need it: whether the client is there.</summary>
internal static class ClientFold
{
    public const string StreamType = "client";

    public static Fold<bool> Fold { get; } = new(false, (known, e) => e switch
    {
        ClientRegistered => true,
        ClientRemoved => false,
        _ => known,
    });

    public static string StreamOf(string clientId) => "client-" + clientId;

    public static Rejection NotFound { get; } = Rejection.NotFound("client_not_found", "There is no such client.");
}
