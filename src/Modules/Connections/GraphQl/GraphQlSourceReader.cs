using System.Net;
using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Gets schemas, inline or by introspection under the egress rules, and compiles them. Saves nothing.</summary>
internal sealed class GraphQlSourceReader(EgressClient egress, TimeProvider time)
{
    /// <summary>The code of an endpoint that answers, but not with its schema: it wants other credentials, or tells it to nobody.</summary>
    public const string Rejected = "source_rejected";

    /// <summary>Stays in here: the endpoint speaks GraphQL and refuses this query.</summary>
    private const string UnknownWords = "unknown_words";

    private const int MaxMessage = 300;
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Reads what a request names, without credentials. An endpoint that does not tell its schema to strangers is no fault here: connections ask again.</summary>
    public async Task<SourceReading> Read(GraphQlSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Inline() is { } inline)
        {
            return Compile(inline, spec.Endpoint!, spec.Pointer);
        }

        var reading = await Introspect(spec.Endpoint!, PreparedAuth.None, spec.Pointer, cancellationToken);
        return reading.Rejection is { Code: Rejected } refused
            ? CompiledSource.Of(
                GraphQlCompiler.Unknown(new GraphQlOptions(spec.Endpoint!), new Diagnostic("", "introspection_refused", $"{refused.Detail} Its connections will ask with their credentials.")), "{}"u8.ToArray())
            : reading;
    }

    /// <summary>Asks the endpoint for its schema.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="auth">With which credentials.</param>
    /// <param name="pointer">The member of the request that named the endpoint, for refusals.</param>
    /// <param name="cancellationToken">The client gave up.</param>
    public async Task<SourceReading> Introspect(string endpoint, PreparedAuth auth, string? pointer, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(FetchTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            SourceReading? reading = null;
            foreach (var query in IntrospectionQueries.All)
            {
                reading = await Ask(endpoint, query, auth, pointer, either.Token);
                if (reading is not { Rejection.Code: UnknownWords })
                {
                    return reading.Value;
                }
            }

            return Rejection.Invalid(Rejected, reading!.Value.Rejection!.Detail, pointer);
        }
        catch (EgressRefusedException refused)
        {
            return Rejection.Invalid("egress_refused", refused.Message, pointer);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Rejection.Invalid("source_timeout", $"The endpoint did not deliver its schema within {FetchTimeout.TotalSeconds:0} seconds.", pointer);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return exception.GetBaseException() is EgressRefusedException refused
                ? Rejection.Invalid("egress_refused", refused.Message, pointer)
                : exception.GetBaseException() is EgressProxyException proxy ? Rejection.Invalid("source_unavailable", proxy.Message, pointer)
                : Rejection.Invalid("source_unavailable", "The endpoint cannot be reached or does not speak HTTP.", pointer);
        }
    }

    /// <summary>Compiles a schema for an endpoint.</summary>
    public static SourceReading Compile(ReadOnlyMemory<byte> document, string endpoint, string? pointer)
    {
        if (document.Length > SourceReader.MaxBytes)
        {
            return TooLarge(pointer);
        }

        return GraphQlCompiler.Compile(document, new GraphQlOptions(endpoint)) switch
        {
            GraphQlImport.Imported imported => CompiledSource.Of(imported.Catalog, document),
            GraphQlImport.Refused refused => Rejection.Invalid(refused.Error.Code, refused.Error.Message, pointer),
            _ => throw new InvalidOperationException("An import ends imported or refused."),
        };
    }

    private async Task<SourceReading> Ask(string endpoint, string query, PreparedAuth auth, string? pointer, CancellationToken cancellationToken)
    {
        byte[] asked = [.. GraphQlRequestBuilder.Prefix(query, IntrospectionQueries.OperationName), .. "{}}"u8];
        using var request = GraphQlInvoker.Post(endpoint, asked);
        using var response = await egress.Send(request, auth, cancellationToken);
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return Rejection.Invalid(Rejected, $"The endpoint refused to tell its schema (status {status}).", pointer);
        }

        if (!response.IsSuccessStatusCode && status is < 400 or >= 500)
        {
            return Rejection.Invalid("source_unavailable", $"The endpoint answered with status {status}.", pointer);
        }

        using var body = await BoundedBody.Read(response, SourceReader.MaxBytes, cancellationToken);
        if (body is null)
        {
            return TooLarge(pointer);
        }

        if (ErrorOf(body.Memory) is { } error)
        {
            return Rejection.Invalid(UnknownWords, $"The endpoint refused to tell its schema: {GraphQlTexts.Plain(auth.Mask(error, Math.Min(error.Length, MaxMessage)))}", pointer);
        }

        return response.IsSuccessStatusCode
            ? Compile(body.Memory.ToArray(), endpoint, pointer)
            : Rejection.Invalid("source_unavailable", $"The endpoint answered with status {status}.", pointer);
    }

    /// <summary>The first error of an answer that holds errors and no schema; null for any other answer, well-formed or not.</summary>
    private static string? ErrorOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            // An answer of errors alone is short.
            if (body.Length > 1 << 20)
            {
                return null;
            }

            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 512 });
            var first = document.RootElement.Elements("errors").Select(error => error.Text("message") ?? "no reason given").FirstOrDefault();
            return first is null || IntrospectionReading.SchemaOf(document.RootElement) is not null ? null : first;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static SourceReading TooLarge(string? pointer) =>
        Rejection.Invalid("source_too_large", $"The schema is larger than {SourceReader.MaxBytes / (1024 * 1024)} MiB.", pointer);
}
