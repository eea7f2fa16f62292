using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Toolgate.Acceptance.Tests;

/// <summary>The OpenAPI description is complete and good enough to generate a client from.</summary>
public sealed partial class ApiDescriptionTests(World world) : IClassFixture<World>
{
    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public async Task Every_mapped_route_is_described_and_nothing_else()
    {
        var described = (await Operations()).Select(operation => $"{operation.Method.ToUpperInvariant()} {operation.Path}").ToHashSet(StringComparer.Ordinal);
        var mapped = world.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => Route(endpoint).StartsWith("/api/", StringComparison.Ordinal) && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is not null)
            .Where(endpoint => !Route(endpoint).StartsWith("/api/docs", StringComparison.Ordinal) && !Route(endpoint).StartsWith("/api/openapi", StringComparison.Ordinal))
            .Where(endpoint => Route(endpoint) != "/api/oauth/callback")
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {Route(endpoint)}"))
            .ToHashSet(StringComparer.Ordinal);
        mapped.Count.ShouldBeGreaterThan(30);
        described.ShouldBe(mapped, ignoreOrder: true);
    }

    [Fact]
    public async Task It_is_openapi_three_one_with_a_bearer_scheme()
    {
        var document = (await world.Owner.Get("/api/openapi.json")).Expect(200).Json;
        document.GetProperty("openapi").GetString().ShouldNotBeNull().ShouldStartWith("3.1.");
        document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject()
            .ShouldContain(scheme => scheme.Value.GetProperty("scheme").GetString() == "bearer");
        (await new Rest(world.Http, null).Get("/api/docs")).Expect(200).Header("Content-Type").ShouldNotBeNull().ShouldStartWith("text/html");
    }

    [Fact]
    public async Task Every_operation_can_be_generated_a_method_from()
    {
        var document = (await world.Owner.Get("/api/openapi.json")).Expect(200).Json;
        var operations = await Operations();
        var faults = new List<string>();
        foreach (var (path, method, operation) in operations)
        {
            var name = $"{method} {path}";
            if (!operation.TryGetProperty("operationId", out var id) || !Identifier().IsMatch(id.GetString()!))
            {
                faults.Add($"{name}: no usable operationId");
            }

            if (!operation.TryGetProperty("summary", out var summary) || string.IsNullOrWhiteSpace(summary.GetString()))
            {
                faults.Add($"{name}: no summary");
            }

            var parameters = operation.TryGetProperty("parameters", out var list) ? list.EnumerateArray().ToArray() : [];
            foreach (var variable in Variables().Matches(path).Select(match => match.Groups[1].Value))
            {
                if (!parameters.Any(parameter => parameter.GetProperty("in").GetString() == "path" && parameter.GetProperty("name").GetString() == variable))
                {
                    faults.Add($"{name}: path variable {variable} is not described");
                }
            }

            var responses = operation.GetProperty("responses").EnumerateObject().ToArray();
            if (!responses.Any(response => response.Name[0] == '2'))
            {
                faults.Add($"{name}: no success response");
            }

            foreach (var response in responses.Where(response => response.Name is "200" or "201" or "202"))
            {
                if (!response.Value.TryGetProperty("content", out var content) || !content.EnumerateObject().All(type => type.Value.TryGetProperty("schema", out _) || type.Name == "text/event-stream" || type.Name == "application/x-ndjson"))
                {
                    faults.Add($"{name}: {response.Name} has no schema");
                }
            }

            if (!responses.Any(response => (response.Name[0] == '4' || response.Name == "default") && response.Value.TryGetProperty("content", out var content) && content.TryGetProperty("application/problem+json", out _)))
            {
                faults.Add($"{name}: no problem response");
            }

            if (method is "post" or "put" or "patch" && operation.TryGetProperty("requestBody", out var body)
                && !body.GetProperty("content").EnumerateObject().All(type => type.Value.TryGetProperty("schema", out _)))
            {
                faults.Add($"{name}: the request body has no schema");
            }
        }

        operations.GroupBy(operation => operation.Operation.TryGetProperty("operationId", out var id) ? id.GetString() : "").Where(group => group.Count() > 1).ToList()
            .ForEach(group => faults.Add($"operationId {group.Key} stands {group.Count()} times"));
        foreach (var reference in References().Matches(document.GetRawText()).Select(match => match.Groups[1].Value).Distinct())
        {
            if (!document.GetProperty("components").GetProperty("schemas").TryGetProperty(reference, out _))
            {
                faults.Add($"the schema {reference} is missing");
            }
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Conventions_are_described_where_they_hold()
    {
        var document = (await world.Owner.Get("/api/openapi.json")).Expect(200).Json;
        document.GetProperty("servers")[0].GetProperty("url").GetString()!.ShouldNotEndWith("/");
        var toolkits = document.GetProperty("paths").GetProperty("/api/toolkits");
        Parameters(toolkits.GetProperty("get")).ShouldBe(["limit", "cursor", "Toolgate-Min-Position"], ignoreOrder: true);
        Parameters(toolkits.GetProperty("post")).ShouldContain("Idempotency-Key");
        toolkits.GetProperty("post").GetProperty("responses").GetProperty("201").GetProperty("headers").EnumerateObject().Select(header => header.Name)
            .ShouldBe(["Toolgate-Position", "Location", "ETag"], ignoreOrder: true);
        Parameters(document.GetProperty("paths").GetProperty("/api/toolkits/{id}").GetProperty("patch")).ShouldContain("If-Match");

        var body = toolkits.GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        var schema = document.GetProperty("components").GetProperty("schemas").GetProperty(body.GetProperty("$ref").GetString()!.Split('/')[^1]);
        schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()).ShouldBe(["owner", "name"], ignoreOrder: true);

        static string[] Parameters(JsonElement operation)
            => [.. operation.GetProperty("parameters").EnumerateArray().Where(p => p.GetProperty("in").GetString() != "path").Select(p => p.GetProperty("name").GetString()!)];
    }

    private async Task<IReadOnlyList<(string Path, string Method, JsonElement Operation)>> Operations()
        => [.. (await world.Owner.Get("/api/openapi.json")).Expect(200).Json.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(method => Methods.Contains(method.Name)), (path, method) => (path.Name, method.Name, method.Value))];

    /// <summary>A route as a path template: without constraints, catch-all stars and a trailing slash.</summary>
    private static string Route(RouteEndpoint endpoint)
        => Constraint().Replace("/" + endpoint.RoutePattern.RawText!.Trim('/'), "{$1}");

    [GeneratedRegex(@"\{\*{0,2}([^}:?]+)[^}]*\}", RegexOptions.NonBacktracking)]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\{([^}]+)\}", RegexOptions.NonBacktracking)]
    private static partial Regex Variables();

    [GeneratedRegex(@"\A[a-z][A-Za-z0-9]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Identifier();

    [GeneratedRegex("\"#/components/schemas/([^\"/]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex References();
}
