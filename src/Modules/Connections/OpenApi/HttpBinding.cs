using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>How a call becomes one HTTP request. Immutable; holds no credential.</summary>
internal sealed class HttpBinding : ToolBinding
{
    /// <summary>Upper case.</summary>
    public required string Method { get; init; }

    /// <summary>The operation's path template below the server, as the document writes it: <c>/repos/{owner}</c>.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Absolute base URLs without a trailing slash, the default first. With several of them the call has a <c>server</c> argument; with none
    /// the caller must bring a base URL.
    /// </summary>
    public required ImmutableArray<string> Servers { get; init; }

    /// <summary>The parameters, by place and name.</summary>
    public required ImmutableArray<HttpParameter> Parameters { get; init; }

    /// <summary>The request body, when there is one.</summary>
    public HttpBody? Body { get; init; }

    /// <summary>Query names that belong to credentials: no argument may produce one.</summary>
    public ImmutableArray<string> ReservedQuery { get; init; } = [];

    /// <summary>Value of the <c>Accept</c> header: what the operation declares to answer with.</summary>
    public required string Accept { get; init; }

    /// <summary>The parsed path, made once.</summary>
    public PathTemplate Template => field ??= PathTemplate.Parse(Path)
        ?? throw new InvalidOperationException($"The path template {Path} was not checked when it was compiled.");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Describe() =>
    [
        $"{Method} {Path}",
        $"accept {Accept}",
        .. Servers.Select(server => $"server {server}"),
        .. Parameters.Select(parameter =>
            $"{parameter.Place.ToString().ToLowerInvariant()} {parameter.Name} {parameter.Style.ToString().ToLowerInvariant()}{(parameter.Explode ? " exploded" : "")}"),
        .. Body is null ? Array.Empty<string>() : [$"body {Body.ContentType}"],
    ];
}

/// <summary>One parameter.</summary>
/// <param name="Argument">Name of the argument that holds its value.</param>
/// <param name="Name">Its name in the request.</param>
/// <param name="Place">Where it travels.</param>
/// <param name="Style">How values are written (OpenAPI 3.1 section 4.8.12.3).</param>
/// <param name="Explode">Whether elements and members become parameters of their own.</param>
/// <param name="AllowReserved">Whether reserved characters that cannot break out of the value stay as they are (query only).</param>
/// <param name="AsJson">Whether the value is sent as JSON text (<c>content: application/json</c>).</param>
internal sealed record HttpParameter(
    string Argument, string Name, ParameterPlace Place, ParameterStyle Style, bool Explode, bool AllowReserved = false, bool AsJson = false);

/// <summary>Where a parameter travels. The numbers are stored.</summary>
internal enum ParameterPlace : byte
{
    /// <summary>In the path.</summary>
    Path = 0,

    /// <summary>In the query.</summary>
    Query = 1,

    /// <summary>A request header.</summary>
    Header = 2,

    /// <summary>In the <c>Cookie</c> header.</summary>
    Cookie = 3,
}

/// <summary>Serialisation styles of OpenAPI. The numbers are stored.</summary>
internal enum ParameterStyle : byte
{
    /// <summary><c>a,b</c> (path, header).</summary>
    Simple = 0,

    /// <summary><c>.a.b</c> (path).</summary>
    Label = 1,

    /// <summary><c>;p=a,b</c> (path).</summary>
    Matrix = 2,

    /// <summary><c>p=a,b</c> (query, cookie).</summary>
    Form = 3,

    /// <summary><c>p=a%20b</c> (query).</summary>
    SpaceDelimited = 4,

    /// <summary><c>p=a%7Cb</c> (query).</summary>
    PipeDelimited = 5,

    /// <summary><c>p[k]=v</c> (query).</summary>
    DeepObject = 6,

    /// <summary><c>p=a%09b</c>: <c>tsv</c> of Swagger 2.0.</summary>
    TabDelimited = 7,
}

/// <summary>The body of a request.</summary>
/// <param name="ContentType">Value of the <c>Content-Type</c> header.</param>
/// <param name="Format">How the argument <c>body</c> becomes bytes.</param>
/// <param name="Fields">Fields of a form that are not written in the default way, by name.</param>
internal sealed record HttpBody(string ContentType, BodyFormat Format, ImmutableArray<BodyField> Fields);

/// <summary>How the argument <c>body</c> becomes bytes. The numbers are stored.</summary>
internal enum BodyFormat : byte
{
    /// <summary>The very bytes of the argument.</summary>
    Json = 0,

    /// <summary><c>application/x-www-form-urlencoded</c> of its members.</summary>
    Form = 1,

    /// <summary><c>multipart/form-data</c>, a part a member.</summary>
    Multipart = 2,

    /// <summary>The string, in UTF-8.</summary>
    Text = 3,

    /// <summary>The string, decoded from base64.</summary>
    Binary = 4,
}

/// <summary>A form field that is not written in the default way.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Binary">Whether the argument is base64 of a file.</param>
/// <param name="Style">The style its <c>encoding</c> names; without one, objects are sent as JSON.</param>
/// <param name="Explode">Whether elements and members become fields of their own.</param>
/// <param name="ContentType">Content type of its part, when its <c>encoding</c> names one.</param>
internal sealed record BodyField(string Name, bool Binary, ParameterStyle? Style, bool Explode, string? ContentType);
