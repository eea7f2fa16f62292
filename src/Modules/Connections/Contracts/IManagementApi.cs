using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>The REST API of this process, as the builtin tools use it: described by itself, called without leaving the process. The host implements it.</summary>
public interface IManagementApi
{
    /// <summary>The slug of the integration that its tools belong to, and the first segment of their addresses.</summary>
    const string Slug = "toolgate";

    /// <summary>
    /// Its OpenAPI 3.1 description, JSON. <c>x-toolgate-name</c> of an operation is the name of its tool; an operation without one is none.
    /// <c>x-toolgate-changes: false</c> marks one that changes nothing although its method says so.
    /// </summary>
    Task<ReadOnlyMemory<byte>> Describe(CancellationToken cancellationToken);

    /// <summary>
    /// Sends a request through the whole pipeline (validation, decisions, idempotency) as the caller, whose credential is looked at again and needs the
    /// scope that the operation asks for.
    /// </summary>
    Task<HttpResponseMessage> Send(HttpRequestMessage request, Principal caller, CancellationToken cancellationToken);
}
