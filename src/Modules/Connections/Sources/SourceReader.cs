using System.Net;
using System.Net.Http.Headers;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Gets source documents, fetched under the egress rules or inline, and compiles them. Saves nothing.</summary>
internal sealed class SourceReader(EgressClient egress, BlobStore blobs, TimeProvider time)
{
    /// <summary>Largest document, in bytes.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>Largest request that carries a document: escaping makes it longer.</summary>
    public const int MaxRequestBytes = 80 * 1024 * 1024;

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Reads what a request names.</summary>
    public async Task<SourceReading> Read(SpecSource spec, string? baseUrl, CancellationToken cancellationToken)
    {
        if (spec.Inline() is { } inline)
        {
            return Compile(inline, baseUrl, sourceUrl: null, "/spec/document");
        }

        return await Fetch(spec.Url!, baseUrl, "/spec/url", cancellationToken);
    }

    /// <summary>Fetches and compiles.</summary>
    /// <param name="url">Where.</param>
    /// <param name="baseUrl">Replaces the servers of the document.</param>
    /// <param name="pointer">The member of the request that named the URL, for refusals.</param>
    /// <param name="cancellationToken">The client gave up.</param>
    public async Task<SourceReading> Fetch(string url, string? baseUrl, string? pointer, CancellationToken cancellationToken)
        => (await Fetch(url, baseUrl, pointer, SourceValidators.None, cancellationToken)).Reading!.Value;

    /// <summary>Fetches and compiles, unless the server says that the document is the one with these validators: then there is no reading.</summary>
    public Task<(SourceReading? Reading, SourceValidators Validators)> FetchIfChanged(
        string url, string? baseUrl, SourceValidators known, CancellationToken cancellationToken) => Fetch(url, baseUrl, pointer: null, known, cancellationToken);

    private async Task<(SourceReading? Reading, SourceValidators Validators)> Fetch(
        string url, string? baseUrl, string? pointer, SourceValidators known, CancellationToken cancellationToken)
    {
        var validators = SourceValidators.None;
        var reading = await Attempt();
        return (reading, validators);

        async Task<SourceReading?> Attempt()
        {
            using var deadline = new CancellationTokenSource(FetchTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                request.Headers.Accept.ParseAdd("application/json, application/yaml;q=0.9, text/yaml;q=0.9, */*;q=0.5");
                Add(request, "If-None-Match", known.ETag);
                Add(request, "If-Modified-Since", known.LastModified);
                using var response = await egress.Send(request, PreparedAuth.None, either.Token);
                if (response.StatusCode == HttpStatusCode.NotModified && known != SourceValidators.None)
                {
                    return null;
                }

                if (!response.IsSuccessStatusCode)
                {
                    return Rejection.Invalid("source_unavailable", $"The URL answered with status {(int)response.StatusCode}.", pointer);
                }

                if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
                {
                    // A stream of a server that waits for its client: it would be read until the deadline.
                    return Rejection.Invalid("not_openapi", "The URL answers with a stream of events and not with a document.", pointer);
                }

                validators = new SourceValidators(Header(response.Headers, "ETag"), Header(response.Content.Headers, "Last-Modified"));
                using var body = await BoundedBody.Read(response, MaxBytes, either.Token);
                return body is null
                    ? Rejection.Invalid("source_too_large", $"The document is larger than {MaxBytes / (1024 * 1024)} MiB.", pointer)
                    : Compile(body.Memory.ToArray(), baseUrl, url, pointer);
            }
            catch (EgressRefusedException refused)
            {
                return Rejection.Invalid("egress_refused", refused.Message, pointer);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return Rejection.Invalid("source_timeout", $"The URL did not deliver the document within {FetchTimeout.TotalSeconds:0} seconds.", pointer);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                return exception.GetBaseException() is EgressRefusedException refused
                    ? Rejection.Invalid("egress_refused", refused.Message, pointer)
                    : exception.GetBaseException() is EgressProxyException proxy ? Rejection.Invalid("source_unavailable", proxy.Message, pointer)
                    : Rejection.Invalid("source_unavailable", "The URL cannot be reached or does not speak HTTP.", pointer);
            }
        }
    }

    private static void Add(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static string? Header(HttpHeaders headers, string name) => headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    /// <summary>Compiles a document that was read before, under another base URL.</summary>
    public async Task<SourceReading> Again(Integration integration, string? baseUrl, CancellationToken cancellationToken)
        => Compile(await blobs.Read(integration.SourceDigest, cancellationToken), baseUrl, integration.SourceUrl, "/baseUrl");

    private static SourceReading Compile(ReadOnlyMemory<byte> document, string? baseUrl, string? sourceUrl, string? pointer)
    {
        if (document.Length > MaxBytes)
        {
            return Rejection.Invalid("source_too_large", $"The document is larger than {MaxBytes / (1024 * 1024)} MiB.", pointer);
        }

        var options = new OpenApiOptions(baseUrl is null ? null : new Uri(baseUrl), sourceUrl is null ? null : new Uri(sourceUrl));
        return OpenApiCompiler.Compile(document, options) switch
        {
            OpenApiImport.Imported imported => CompiledSource.Of(imported.Catalog, document),
            OpenApiImport.Refused refused => Rejection.Invalid(
                refused.Error.Code, refused.Error.Pointer.Length == 0 ? refused.Error.Message : $"{refused.Error.Message} (at {refused.Error.Pointer} of the document)", pointer),
            _ => throw new InvalidOperationException("An import ends imported or refused."),
        };
    }
}
