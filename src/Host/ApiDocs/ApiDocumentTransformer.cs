using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Toolgate.Host;

/// <summary>Adds what routes cannot say: who may call, where, and that every failure is a problem document.</summary>
internal sealed class ApiDocumentTransformer(IConfiguration configuration) : IOpenApiDocumentTransformer
{
    private const string Bearer = "bearer";
    private const string ProblemSchema = "Problem";

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Toolgate",
            Version = CommandLine.Version,
            Description = "Integrations, connections, toolkits and policies of a gateway between AI agents and what they may call, and the log of all of it.",
        };
        var origin = configuration["Toolgate:PublicUrl"] is { Length: > 0 } publicUrl ? publicUrl : document.Servers is [{ Url: { } url }, ..] ? url : "";
        document.Servers = [new OpenApiServer { Url = origin.TrimEnd('/') }];

        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key with the scope that the operation asks for.",
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas[ProblemSchema] = Problem();
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations ?? []).Select(pair => pair.Value))
        {
            operation.Responses ??= [];
            foreach (var (status, response) in operation.Responses.Where(pair => pair.Key[0] is '4' or '5'))
            {
                ((OpenApiResponse)response).Content = Content(document);
            }

            operation.Responses["default"] = new OpenApiResponse { Description = "Any failure.", Content = Content(document) };
        }

        return Task.CompletedTask;
    }

    private static Dictionary<string, OpenApiMediaType> Content(OpenApiDocument document) => new(StringComparer.Ordinal)
    {
        ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(ProblemSchema, document) },
    };

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457 problem details.",
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = Text("Stable: urn:toolgate:problem:<slug>."),
            ["title"] = Text("The class of the problem."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["detail"] = Text("What happened this time."),
            ["traceId"] = Text("The trace to look for in logs and in the audit log."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "Each fault of the request.",
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string>(StringComparer.Ordinal) { "pointer", "code", "detail" },
                    Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                    {
                        ["pointer"] = Text("JSON Pointer into the body, ?name of a query parameter, or a header's name."),
                        ["code"] = Text("Stable code."),
                        ["detail"] = Text("A sentence."),
                    },
                },
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
