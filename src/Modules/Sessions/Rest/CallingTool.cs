using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>A call over REST.</summary>
/// <param name="Arguments">The tool's arguments, an object; none when absent.</param>
/// <param name="Toolkit">Slug or id of the toolkit to call through; the default resource when absent.</param>
internal sealed record CallTool(JsonElement? Arguments, string? Toolkit);

/// <summary>The outcome of a call.</summary>
/// <param name="IsError">Whether the tool reported an error.</param>
/// <param name="Content">MCP content blocks.</param>
/// <param name="StructuredContent">Structured result, or null.</param>
internal sealed record CallOutcome(bool IsError, JsonElement Content, JsonElement? StructuredContent);

/// <summary><c>POST /api/tools/{address}/call</c>: the same way as an MCP call, by address.</summary>
internal static class CallingTool
{
    /// <summary>What records of such calls say in place of a protocol revision.</summary>
    public const string Era = "rest";

    private const Scopes Needed = Scopes.Manage | Scopes.ToolsInvoke;

    /// <summary>
    /// Maps the route. Its answer is the upstream's, and not Toolgate's to keep: marked like one that shows a secret once, the entry of an
    /// <c>Idempotency-Key</c> has a constant size and holds nothing of it, and a repeat answers 409.
    /// </summary>
    public static void Map(IEndpointRouteBuilder endpoints)
        => endpoints.MapRest("/tools", "Tools").MapPost("/{address}/call", Call).RequireScope(Scopes.Manage).ShowsSecretOnce()
            .WithName("callTool").WithSummary("Calls a tool. What the tool reports, errors included, is the body of a 200.").NotATool()
            .WithMetadata(LimitRequests.IsCall).Accepts<CallTool>("application/json").Produces<CallOutcome>();

    /// <summary>Reads the arguments as bytes: what is decided on is what is sent.</summary>
    private static async Task<IResult> Call(
        string address, HttpContext context, ICredentials credentials, IToolViews views, CallPipeline pipeline, CredentialLeashes leashes, OriginGuard origins, SessionsOptions options)
    {
        if (!context.Principal().Has(Needed))
        {
            return await TooLittle(address, context.Principal(), views, pipeline);
        }

        if (!MediaTypes.IsJson(context.Request))
        {
            return Problem.Of(415, "unsupported_media_type", "Send the body as application/json.");
        }

        using var body = await Body.Read(context.Request, options.MaxMessageBytes, context.RequestAborted);
        if (body is null)
        {
            return Problem.Of(413, "too_large", "The body must not be larger than 4 MiB.");
        }

        if (CallToolReader.Read(body.Bytes, out var arguments, out var toolkit) is { } problem)
        {
            return problem;
        }

        // A body takes as long as its sender likes. What was true when it began may have ended since: what holds now decides.
        if (credentials.Find(context.Principal().CredentialId) is not { } principal)
        {
            return Unauthenticated(context);
        }

        if (!principal.Has(Needed))
        {
            return await TooLittle(address, principal, views, pipeline);
        }

        if ((toolkit is null ? views.Find(McpResource.Default, principal) : views.FindToolkit(toolkit, principal)) is not { } view)
        {
            return Problem.Of(404, "toolkit_not_found", "There is no such toolkit.");
        }

        view.ByAddress.TryGetValue(address, out var tool);
        var request = new CallRequest(CallClient.Silent(principal), view, tool, address, arguments, null, Era) { Origin = origins.OriginFor(context.Request) };
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var leash = leashes.Hold(principal, () => cancellation.CancelAsync());
        var result = await pipeline.Call(request, cancellation.Token);
        return result.Limit is { } limit ? limit.Problem(context) : result.End switch
        {
            CallEnd.Outcome => new CallOutcomeResult(result.Outcome!),
            CallEnd.Unknown => Problem.Of(404, "tool_not_found", "There is no such tool."),
            CallEnd.NotRecorded => NotRecorded,
            _ => leash.HasEnded ? Unauthenticated(context) : Results.StatusCode(499),
        };
    }

    private static ProblemResult Unauthenticated(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        return Problem.Of(401, "unauthenticated", "Send a live API key (Authorization: Bearer <key>), or sign in at /sign-in.");
    }

    private static ProblemResult NotRecorded => Problem.Of(503, "log_unavailable", "The call could not be recorded, so it was not carried out. Try again later.");

    /// <summary>403, on record: of the body nothing was looked at, so the record names the tool as the default resource has it.</summary>
    private static async Task<IResult> TooLittle(string address, Principal principal, IToolViews views, CallPipeline pipeline)
    {
        if (views.Find(McpResource.Default, principal) is { } view)
        {
            view.ByAddress.TryGetValue(address, out var tool);
            if (!await pipeline.DenyScope(new CallRequest(CallClient.Silent(principal), view, tool, address, default, null, Era)))
            {
                return NotRecorded;
            }
        }

        return Problem.Of(403, CallAccess.ScopeMissing.Code, "This takes the scopes manage and tools:invoke.");
    }

    /// <summary>Writes an outcome from its bytes.</summary>
    private sealed class CallOutcomeResult(ToolOutcome outcome) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var (content, structured, isError) = ToolErrors.PartsOf(outcome);
            httpContext.Response.ContentType = "application/json";
            var body = httpContext.Response.Body;
            await body.WriteAsync(isError ? "{\"isError\":true,\"content\":"u8.ToArray() : "{\"isError\":false,\"content\":"u8.ToArray(), httpContext.RequestAborted);
            await body.WriteAsync(content, httpContext.RequestAborted);
            await body.WriteAsync(",\"structuredContent\":"u8.ToArray(), httpContext.RequestAborted);
            await body.WriteAsync(structured.IsEmpty ? Encoding.UTF8.GetBytes("null") : structured, httpContext.RequestAborted);
            await body.WriteAsync("}"u8.ToArray(), httpContext.RequestAborted);
        }
    }
}
