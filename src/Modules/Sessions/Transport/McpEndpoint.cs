using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// One MCP endpoint, every verb. Checks go from what anybody may know to what only the caller may know, so that no answer tells more than
/// the one before it would have:
/// <code>
/// host, origin → verb → credential → scope → toolkit → media types → size → (credential, scope, toolkit again) → JSON → era
/// </code>
/// </summary>
internal sealed partial class McpEndpoint(
    ICredentials credentials, IToolViews views, OriginGuard origins, SessionsOptions options, ModernEra modern, LegacyEra legacy, CallRecorder recorder, Limiter limiter, Node node,
    ILogger<McpEndpoint> logger)
{
    private const string Methods = "GET, POST, DELETE, OPTIONS";
    private const string NoToolkit = "Toolkit not found";

    /// <summary>Requests that make a server work for the caller; everything else only shows what there is.</summary>
    private static readonly System.Collections.Frozen.FrozenSet<string> Uses = System.Collections.Frozen.FrozenSet.ToFrozenSet(
        [McpMethods.CallTool, McpMethods.ReadResource, McpMethods.Subscribe, McpMethods.GetPrompt, McpMethods.Complete], StringComparer.Ordinal);

    private readonly HashSet<string> anonymous = options.AnonymousToolkits.ToHashSet(StringComparer.Ordinal);

    /// <summary>Serves a request.</summary>
    public async Task Handle(HttpContext context)
    {
        try
        {
            await Serve(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await Fail(context, e, default);
        }
    }

    private Task Serve(HttpContext context)
    {
        var resource = new McpResource(context.Request.RouteValues["slug"] as string);
        if (!origins.HostIsAllowed(context))
        {
            return Refuse(context, 403, ErrorCodes.Transport, "The host name is not one of this server's: set Toolgate:PublicUrl when a proxy serves it under another name.");
        }

        if (context.Request.Headers.Origin is { Count: > 0 } origin)
        {
            if (origin.Count != 1 || !origins.IsAllowed(origin[0]!, context.Request))
            {
                return Refuse(context, 403, ErrorCodes.Transport, "The origin is not allowed: add it to Toolgate:Cors:AllowedOrigins.");
            }

            Cors.Allow(context, origin[0]!);
        }

        var method = context.Request.Method;
        if (HttpMethods.IsOptions(method))
        {
            Cors.Preflight(context, Methods);
            return Task.CompletedTask;
        }

        var (post, get, delete) = (HttpMethods.IsPost(method), HttpMethods.IsGet(method), HttpMethods.IsDelete(method));
        if (!post && !get && !delete)
        {
            return NotAllowed(context, Methods);
        }

        if (Identify(context, resource, out var presented) is not { } principal)
        {
            return Challenge.Unauthorized(context, origins.OriginFor(context.Request), presented, RequestId.Of(context));
        }

        if (!principal.MaySeeTools)
        {
            return DenyScope(context, resource, principal, RequestId.Of(context));
        }

        if (ViewOf(resource, principal) is not { } view)
        {
            return Refuse(context, 404, ErrorCodes.NotFound, NoToolkit);
        }

        var caller = new Caller(principal, view);
        if (post)
        {
            return Post(context, caller);
        }

        if (limiter.Count(principal.Id) is { } flood)
        {
            return flood.Answer(context, default);
        }

        // 2026-07-28 knows neither the standalone stream nor sessions to end.
        return IsModern(context.Request) ? NotAllowed(context, "POST, OPTIONS")
            : get ? legacy.Follow(context, caller)
            : legacy.Close(context, caller);
    }

    private static bool IsModern(HttpRequest request)
        => request.Headers[McpHeaders.ProtocolVersion] is [{ } version] && string.CompareOrdinal(version.Trim(), ModernEra.Version) >= 0;

    private static Task NotAllowed(HttpContext context, string allow)
    {
        context.Response.Headers.Allow = allow;
        return McpResponse.Error(context, 405, ErrorCodes.Transport, "This endpoint does not support the method.");
    }

    private async Task Post(HttpContext context, Caller caller)
    {
        var request = context.Request;
        if (!MediaTypes.AcceptsBoth(request))
        {
            await Refuse(context, 406, ErrorCodes.Transport, "Accept must list application/json and text/event-stream.");
            return;
        }

        if (!MediaTypes.IsJson(request))
        {
            await McpResponse.Error(context, 415, ErrorCodes.Transport, "Send the message as application/json in UTF-8.");
            return;
        }

        using var body = await ReadBody(context);
        if (body is null)
        {
            return;
        }

        if (MessageReader.Read(body.Bytes, out var fault) is not { } message)
        {
            await McpResponse.Error(context, 400, fault.Code, fault.Message, fault.Id);
            return;
        }

        // A body takes as long as its sender likes. What was true when it began may have ended since: what holds now decides.
        if (await Again(context, caller, message.Id) is not { } now)
        {
            return;
        }

        if (!now.Principal.Has(Scopes.ToolsInvoke) && message is { Kind: MessageKind.Request, Method: { } method } && Uses.Contains(method))
        {
            await DenyScope(context, now.Resource, now.Principal, ValueTask.FromResult(message.Id), message);
            return;
        }

        // Calls are counted on their way, where they are recorded. Notifications and answers help running work to its end.
        if (message is { Kind: MessageKind.Request, Method: not McpMethods.CallTool } && limiter.Count(now.Principal.Id) is { } flood)
        {
            await flood.Answer(context, message.Id);
            return;
        }

        try
        {
            await (message.MetaVersion is not null || IsModern(request) ? modern.Serve(context, now, message) : legacy.Serve(context, now, message));
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await Fail(context, e, message.Id);
        }
    }

    /// <summary>The caller as of now, after the body has been read; else the request is answered.</summary>
    private async ValueTask<Caller?> Again(HttpContext context, Caller caller, ReadOnlyMemory<byte> id)
    {
        if (credentials.Find(caller.Principal.CredentialId) is not { } principal)
        {
            await Challenge.Unauthorized(context, origins.OriginFor(context.Request), presented: true, ValueTask.FromResult(id));
            return null;
        }

        if (!principal.MaySeeTools)
        {
            await DenyScope(context, caller.Resource, principal, ValueTask.FromResult(id));
            return null;
        }

        if (ViewOf(caller.Resource, principal) is not { } view)
        {
            await McpResponse.Error(context, 404, ErrorCodes.NotFound, NoToolkit, id);
            return null;
        }

        return new Caller(principal, view);
    }

    /// <summary>Refuses a request whose message was not read.</summary>
    private static async Task Refuse(HttpContext context, int status, int code, string message)
        => await McpResponse.Error(context, status, code, message, await RequestId.Of(context));

    /// <summary>Answers what no part of the protocol foresees: a database that cannot be reached, or a mistake of ours.</summary>
    private async Task Fail(HttpContext context, Exception e, ReadOnlyMemory<byte> id)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; there is nobody to answer.
            context.Response.StatusCode = 499;
        }
        else if (IsUnreachable(e))
        {
            Log.Unreachable(logger, e, context.Request.Method);
            await McpResponse.Error(
                context, 503, ErrorCodes.Internal, "The log cannot be reached. Try again later.", id, """{"code":"log_unavailable","retryable":true}"""u8.ToArray());
        }
        else
        {
            Log.Failed(logger, e, context.Request.Method);
            await McpResponse.Error(context, 500, ErrorCodes.Internal, "Toolgate failed. Its log has the details.", id);
        }
    }

    /// <summary>Whether the database could not be reached; a statement that it refused (classes 22, 23 and 42) is a mistake of ours.</summary>
    private static bool IsUnreachable(Exception e) => e is EventStoreUnavailableException
        || (e is NpgsqlException and not PostgresException { SqlState: ['2', '2' or '3', ..] or ['4', '2', ..] });

    private async ValueTask<Body?> ReadBody(HttpContext context)
    {
        try
        {
            if (await Body.Read(context.Request, options.MaxMessageBytes, context.RequestAborted) is { } body)
            {
                return body;
            }

            // What the client still sends is not read: the connection cannot serve another request.
            context.Response.Headers.Connection = "close";
            await McpResponse.Error(context, 413, ErrorCodes.Transport, "A message must not be larger than 4 MiB.");
        }
        catch (BadHttpRequestException e)
        {
            await McpResponse.Error(context, e.StatusCode, e.StatusCode == 413 ? ErrorCodes.Transport : ErrorCodes.Parse, "The body did not arrive whole or in time.");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone.
            context.Response.StatusCode = 499;
        }

        return null;
    }

    /// <summary>
    /// What the principal sees at a resource; null when there is nothing for it. A credential that was bound to a toolkit when a person let its client in shows this
    /// toolkit and no other, also where another has its slug by now.
    /// </summary>
    private ToolView? ViewOf(McpResource resource, Principal principal)
        => principal.ToolkitId is { } toolkit
            ? views.FindToolkit(toolkit, principal) is { } view && (principal.Audience == McpResource.Default.Path || view.Resource.Path == principal.Audience) ? view : null
            : views.Find(resource, principal);

    /// <summary>The caller by its bearer token, or the anonymous principal where the operator opened a toolkit to local callers.</summary>
    private Principal? Identify(HttpContext context, McpResource resource, out bool presented)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization;
        presented = header is [{ } value] && value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase);
        if (presented)
        {
            return credentials.Verify(header[0].AsSpan(scheme.Length).Trim()) is { } principal && (principal.Audience is null || principal.Audience == resource.Path)
                ? principal
                : null;
        }

        return header.Count == 0 && resource.Slug is { } slug && anonymous.Contains(slug) && OriginGuard.IsLocalCaller(context)
            ? credentials.Anonymous
            : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method);

        [LoggerMessage(2, LogLevel.Warning, "{Method} was not served: the database cannot be reached")]
        public static partial void Unreachable(ILogger logger, Exception exception, string method);
    }

    private async Task DenyScope(HttpContext context, McpResource resource, Principal principal, ValueTask<ReadOnlyMemory<byte>> id, McpMessage? message = null)
    {
        // Of a body that was not read only the id is looked at: it is a call that was denied only when its header says that it is a call.
        var headers = context.Request.Headers;
        var called = message is null
            ? HttpMethods.IsPost(context.Request.Method) && HeaderValue.Plain(headers[McpHeaders.Method]) == McpMethods.CallTool
            : message.Method == McpMethods.CallTool;
        if (called)
        {
            // A toolkit that does not exist for this caller is not named: its slug is only the caller's text.
            var view = ViewOf(resource, principal);
            var facts = new CallFacts(
                Ids.New("call"), principal.Id, principal.CredentialId, null, view?.Resource.Slug, view?.ToolkitId, null,
                (message?.Name ?? HeaderValue.Decoded(headers[McpHeaders.Name])) is { } name ? CallFacts.Bounded(name) : null, "block", "unknown", null, view?.Position ?? 0, null,
                ModernEra.Version, node.Id, context.Request.ContentLength ?? 0);
            if (!await recorder.Refusal(facts, facts.Denied("insufficient_scope")))
            {
                await McpResponse.Error(context, 503, ErrorCodes.Internal, "The refusal could not be recorded. Try again later.");
                return;
            }
        }

        await Challenge.InsufficientScope(context, origins.OriginFor(context.Request), id);
    }
}

/// <summary>Header names of the protocol.</summary>
internal static class McpHeaders
{
    public const string ProtocolVersion = "MCP-Protocol-Version";
    public const string SessionId = "Mcp-Session-Id";
    public const string Method = "Mcp-Method";
    public const string Name = "Mcp-Name";
    public const string ParameterPrefix = "Mcp-Param-";
}
