namespace Toolgate.Rest;

/// <summary>Input that cannot be bound; becomes a problem. Only for binding code, where no result can be returned.</summary>
/// <param name="status">400, 413, 415 or 422.</param>
/// <param name="slug">Slug of the problem.</param>
/// <param name="error">The fault.</param>
public sealed class RequestException(int status, string slug, ProblemError error) : Exception(error.Detail)
{
    /// <summary>The problem to answer with.</summary>
    public ProblemResult ToProblem() => Problem.Of(status, slug, error.Detail, error);
}
