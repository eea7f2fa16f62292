using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Toolgate.Rest;

/// <summary>Writes a <see cref="Problem"/>.</summary>
/// <param name="Problem">What to write.</param>
public sealed record ProblemResult(Problem Problem) : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => Problem.Status;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Problem.Status;
        // Where nothing traces, the connection's own identifier still leads to the log line.
        var problem = Problem.TraceId is null ? Problem with { TraceId = httpContext.TraceIdentifier } : Problem;
        return httpContext.Response.WriteAsJsonAsync(problem, RestJson.Options, "application/problem+json", httpContext.RequestAborted);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
        => builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status422UnprocessableEntity, typeof(Problem), ["application/problem+json"]));
}
