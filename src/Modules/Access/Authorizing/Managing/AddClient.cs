using System.Collections.Immutable;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Registers an MCP client by hand.</summary>
/// <param name="Name">What people are shown, 1 to 100 characters.</param>
/// <param name="RedirectUris">1 to 20 of them.</param>
/// <param name="Confidential">Whether it gets a secret; false when absent.</param>
internal sealed record AddClient(string? Name, IReadOnlyList<string>? RedirectUris, bool? Confidential);

/// <summary>A client that was just registered: the only answer that ever holds its secret.</summary>
/// <param name="Id"><c>cli_…</c>: its <c>client_id</c>.</param>
/// <param name="Name">What people are shown.</param>
/// <param name="RedirectUris">Where people may be sent back to.</param>
/// <param name="Secret">Its <c>client_secret</c>; null for a public client.</param>
internal sealed record AddedClient(string Id, string Name, ImmutableArray<string> RedirectUris, string? Secret)
{
    /// <summary>Keeps the secret out of anything that prints it.</summary>
    public override string ToString() => nameof(AddedClient);
}

internal sealed class AddClientValidator : AbstractValidator<AddClient>
{
    public AddClientValidator()
    {
        RuleFor(command => command.Name).Must(name => name is { Length: > 0 and <= Client.MaxName } && Client.ShownName(name) == name).WithErrorCode("invalid_name")
            .WithMessage($"A name has 1 to {Client.MaxName} characters, none of them a control, bidirectional or zero-width character.");
        RuleFor(command => command.RedirectUris).Must(uris => uris is { Count: > 0 and <= Client.MaxRedirects }).WithErrorCode("invalid_redirect_uri")
            .WithMessage($"redirectUris lists 1 to {Client.MaxRedirects} redirect URIs.");
        RuleForEach(command => command.RedirectUris).Custom((uri, context) =>
        {
            if (!RedirectUri.IsAcceptable(uri, out var fault))
            {
                context.AddFailure(new FluentValidation.Results.ValidationFailure(context.PropertyPath, fault) { ErrorCode = "invalid_redirect_uri" });
            }
        });
    }
}

internal static class AddingClient
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/", Handle).WithName("addClient").WithSummary("Register an MCP client; its secret is shown once").NotATool().ShowsSecretOnce();

    private static async Task<Results<Created<AddedClient>, ProblemResult>> Handle(AddClient command, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(ListingClients.AdminRequired);
        }

        var (id, secret) = (Ids.New("cli"), command.Confidential == true ? ClientSecret.New() : null);
        ImmutableArray<string> redirects = [.. command.RedirectUris!];
        var decided = await store.Decide(
            ClientFold.StreamOf(id), ClientFold.StreamType, ClientFold.Fold,
            _ => Decision.Accept(new ClientRegistered(id, ClientOrigin.Managed, command.Name!, redirects, secret is null ? null : GrantTokens.Digest(secret), Refreshes: true)),
            context.Metadata(), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.Created("/api/clients/" + id, new AddedClient(id, command.Name!, redirects, secret));
    }
}
