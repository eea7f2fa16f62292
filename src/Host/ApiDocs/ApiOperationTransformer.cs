using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>Adds the parameters and headers of the REST conventions, which endpoints bind by type and so do not declare by name.</summary>
internal sealed class ApiOperationTransformer : IOpenApiOperationTransformer
{
    private const string Position = "Position of the log that shows the effect of this write.";

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var bound = context.Description.ActionDescriptor.EndpointMetadata.OfType<MethodInfo>().FirstOrDefault()?.GetParameters().Select(p => p.ParameterType).ToHashSet() ?? [];
        var parameters = operation.Parameters ??= [];
        if (bound.Contains(typeof(PageRequest)))
        {
            parameters.Add(Parameter("limit", ParameterLocation.Query, $"Items of a page, 1 to {PageRequest.MaxLimit}.", new OpenApiSchema
            {
                Type = JsonSchemaType.Integer, Minimum = "1", Maximum = PageRequest.MaxLimit.ToString(System.Globalization.CultureInfo.InvariantCulture), Default = PageRequest.DefaultLimit,
            }));
            parameters.Add(Parameter("cursor", ParameterLocation.Query, "The nextCursor of the page before.", Text()));
        }

        if (bound.Contains(typeof(IfMatch)))
        {
            parameters.Add(Parameter("If-Match", ParameterLocation.Header, "The ETag that was read; 412 when the resource has changed since.", Text()));
        }

        switch (context.Description.HttpMethod)
        {
            case "POST":
                parameters.Add(Parameter("Idempotency-Key", ParameterLocation.Header, "1 to 255 visible ASCII characters; the same key gives the same answer for 24 hours.", Text()));
                break;
            case "GET":
                parameters.Add(Parameter(LogPositionHeaders.MinPosition, ParameterLocation.Header, "Wait, up to 5 s, until this position is shown.", new OpenApiSchema { Type = JsonSchemaType.Integer }));
                break;
        }

        BuiltinToolNames.Describe(operation, context.Description);
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (response is OpenApiResponse answer && status[0] == '2')
            {
                Describe(answer, status, context.Description.HttpMethod != "GET", bound.Contains(typeof(IfMatch)));
            }
        }

        return Task.CompletedTask;
    }

    private static void Describe(OpenApiResponse response, string status, bool writes, bool versioned)
    {
        var headers = response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        if (writes)
        {
            headers[LogPositionHeaders.Position] = new OpenApiHeader { Description = Position, Schema = new OpenApiSchema { Type = JsonSchemaType.Integer } };
        }

        if (status == "201")
        {
            headers["Location"] = new OpenApiHeader { Description = "Where the new resource is.", Schema = Text() };
        }

        if (status != "204" && (versioned || status == "201"))
        {
            headers["ETag"] = new OpenApiHeader { Description = "Version of the resource.", Schema = Text() };
        }
    }

    private static OpenApiParameter Parameter(string name, ParameterLocation location, string description, OpenApiSchema schema)
        => new() { Name = name, In = location, Description = description, Schema = schema };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
