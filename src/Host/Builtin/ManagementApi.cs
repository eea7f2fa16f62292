using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Toolgate.Access;
using Toolgate.Connections;

namespace Toolgate.Host;

/// <summary>
/// The REST API of this process for the builtin tools. A request takes the whole pipeline, as if it had arrived over a connection, on behalf of the
/// caller of the tool; it opens no socket and carries no credential.
/// </summary>
internal sealed class ManagementApi([FromKeyedServices("v1")] IOpenApiDocumentProvider description, IServiceScopeFactory scopes) : IManagementApi
{
    private RequestDelegate? pipeline;

    /// <summary>Puts itself in front of the pipeline.</summary>
    public RequestDelegate Attach(RequestDelegate next) => pipeline = next;

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> Describe(CancellationToken cancellationToken)
    {
        var document = await description.GetOpenApiDocumentAsync(cancellationToken);
        return System.Text.Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<HttpResponseMessage> Send(HttpRequestMessage request, Principal caller, CancellationToken cancellationToken)
    {
        var serve = pipeline ?? throw new InvalidOperationException("The pipeline was not attached.");
        await using var scope = scopes.CreateAsyncScope();
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Features.Set(new ActingAs(caller));
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer));
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new HasBody(request.Content is not null));
        context.RequestAborted = cancellationToken;
        await Fill(context.Request, request, cancellationToken);
        await serve(context);
        await context.Response.CompleteAsync();
        return Answer(context.Response, answer.ToArray());
    }

    private static async Task Fill(HttpRequest into, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var target = request.RequestUri!;
        into.Protocol = HttpProtocol.Http11;
        into.Method = request.Method.Method;
        into.Scheme = target.Scheme;
        into.Host = new HostString(target.Authority);
        into.Path = PathString.FromUriComponent(target.AbsolutePath);
        into.QueryString = QueryString.FromUriComponent(target.Query);
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            into.Headers[name] = values.ToString();
        }

        if (request.Content is { } content)
        {
            foreach (var (name, values) in content.Headers.NonValidated)
            {
                into.Headers[name] = values.ToString();
            }

            var body = await content.ReadAsByteArrayAsync(cancellationToken);
            into.Body = new MemoryStream(body, writable: false);
            into.ContentLength = body.Length;
        }
    }

    private static HttpResponseMessage Answer(HttpResponse response, byte[] body)
    {
        var answer = new HttpResponseMessage((System.Net.HttpStatusCode)response.StatusCode) { Content = new ByteArrayContent(body) };
        foreach (var (name, values) in response.Headers)
        {
            if (!answer.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                answer.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return answer;
    }

    /// <summary>Says whether there is a body, which a server knows from the framing of the message.</summary>
    private sealed class HasBody(bool has) : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => has;
    }
}
