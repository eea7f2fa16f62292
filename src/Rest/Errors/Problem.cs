using System.Diagnostics;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;

namespace Toolgate.Rest;

/// <summary>An RFC 9457 problem document with Toolgate's stable types.</summary>
public sealed record Problem
{
    /// <summary><c>urn:toolgate:problem:&lt;slug&gt;</c>, stable.</summary>
    public required string Type { get; init; }

    /// <summary>The class of the problem, the same for every occurrence.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened this time, for a person.</summary>
    public string? Detail { get; init; }

    /// <summary>The trace to look for in logs and in the audit log (<c>correlationId</c>).</summary>
    public string? TraceId { get; init; }

    /// <summary>Each fault of the request, for validation problems.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProblemError>? Errors { get; init; }

    /// <summary>The result that writes <paramref name="slug"/> as <c>application/problem+json</c>.</summary>
    public static ProblemResult Of(int status, string slug, string detail, params IReadOnlyList<ProblemError> errors)
        => new(new Problem
        {
            Type = "urn:toolgate:problem:" + slug.Replace('_', '-'),
            Title = TitleOf(status),
            Status = status,
            Detail = detail,
            TraceId = Activity.Current?.TraceId.ToString(),
            Errors = errors.Count == 0 ? null : errors,
        });

    /// <summary>The problem of a refused decision.</summary>
    public static ProblemResult Of(Rejection rejection) => Of(
        rejection.Kind switch
        {
            RejectionKind.NotFound => StatusCodes.Status404NotFound,
            RejectionKind.Conflict => StatusCodes.Status409Conflict,
            RejectionKind.Forbidden => StatusCodes.Status403Forbidden,
            RejectionKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
            _ => StatusCodes.Status422UnprocessableEntity,
        },
        rejection.Code,
        rejection.Detail,
        rejection.Pointer is { } pointer ? [new ProblemError(pointer, rejection.Code, rejection.Detail)] : []);

    private static string TitleOf(int status) => status switch
    {
        400 => "The request is malformed.",
        401 => "A valid credential is needed.",
        403 => "The credential does not allow this.",
        404 => "There is no such resource.",
        405 => "The resource does not support this method.",
        409 => "The request conflicts with the current state.",
        412 => "The resource has changed.",
        413 => "The request is too large.",
        414 => "The address is too long.",
        415 => "The content type is not supported.",
        422 => "The request is not acceptable.",
        429 => "Too many requests.",
        431 => "The headers are too large.",
        503 => "Toolgate cannot answer now.",
        _ => "Toolgate failed.",
    };
}

/// <summary>One fault of a request.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) into the body, or <c>?name</c> for a query parameter, or a header's name.</param>
/// <param name="Code">Stable snake_case code.</param>
/// <param name="Detail">A sentence.</param>
public sealed record ProblemError(string Pointer, string Code, string Detail);
