using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;

namespace Toolgate.Rest;

/// <summary>The conventions of the REST API (docs/rest.md), in one place for every module.</summary>
public static class RestModule
{
    /// <summary>Registers JSON options, the idempotency store and its table.</summary>
    public static IServiceCollection AddRest(this IServiceCollection services)
    {
        // Parameter and property names in messages are the ones on the wire.
        ValidatorOptions.Global.LanguageManager.Enabled = false;
        services.ConfigureHttpJsonOptions(options => RestJson.Configure(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddMigrations<IdempotencyStore>();
        services.AddSingleton<IdempotencyStore>();
        return services;
    }

    /// <summary>
    /// The middleware of the conventions, in this order: problems for every failure (outermost), then <paramref name="authenticate"/>, then
    /// a 503 for known callers while the read models have stopped, <c>Toolgate-Min-Position</c> and <c>Idempotency-Key</c>.
    /// </summary>
    public static IApplicationBuilder UseRest(this IApplicationBuilder app, Action<IApplicationBuilder> authenticate)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        authenticate(app);
        app.UseMiddleware<StoppedMiddleware>();
        app.UseMiddleware<MinPositionMiddleware>();
        app.UseMiddleware<IdempotencyMiddleware>();
        return app;
    }

    /// <summary>A group of endpoints under <c>/api</c> that validates commands and is described in the OpenAPI document under <paramref name="tag"/>.</summary>
    public static RouteGroupBuilder MapRest(this IEndpointRouteBuilder endpoints, string prefix, string tag)
    {
        var group = endpoints.MapGroup("/api" + prefix).WithTags(tag);
        group.AddEndpointFilterFactory(ValidationFilter.Create);
        return group;
    }

    /// <summary>The response shows a secret once: an <c>Idempotency-Key</c> never stores it, and a repeat answers 409.</summary>
    public static RouteHandlerBuilder ShowsSecretOnce(this RouteHandlerBuilder builder) => builder.WithMetadata(SecretResponse.Instance);

    /// <summary>The request holds a password: an <c>Idempotency-Key</c> is not honoured, because even a digest of such a request could be guessed at.</summary>
    public static RouteHandlerBuilder TakesPassword(this RouteHandlerBuilder builder) => builder.WithMetadata(PasswordRequest.Instance);

    /// <summary>The endpoint changes nothing, although its method says so: its builtin tool asks for no approval.</summary>
    public static RouteHandlerBuilder ChangesNothing(this RouteHandlerBuilder builder) => builder.WithMetadata(new ToolMetadata(IsTool: true, ChangesNothing: true));

    /// <summary>The endpoint is no builtin tool: it carries secrets or streams, or calling it from a call makes no sense.</summary>
    public static RouteHandlerBuilder NotATool(this RouteHandlerBuilder builder) => builder.WithMetadata(new ToolMetadata(IsTool: false, ChangesNothing: false));

    /// <summary>Registers the validator of a command.</summary>
    public static IServiceCollection AddCommand<TCommand, TValidator>(this IServiceCollection services)
        where TValidator : class, IValidator<TCommand>
        => services.AddSingleton<IValidator<TCommand>, TValidator>();
}
