using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>
/// Where a person decides: the list of what waits, and the page that an agent's link opens. No script; whatever an agent, a source or a toolkit wrote is text. A
/// person is another credential than the one that asks, also when both are theirs.
/// </summary>
internal static class ApprovalPages
{
    private const string ListPath = "/approvals";
    private const string Title = "Approvals";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(ListPath, List).RequireSignIn().ExcludeFromDescription();
        endpoints.MapGet(ListPath + "/{id}", Show).RequireSignIn().ExcludeFromDescription();
        endpoints.MapPost(ListPath + "/{id}", Decide).RequireSignIn().ExcludeFromDescription();
    }

    private static IResult List(HttpContext context, ApprovalPulse pulse, ICredentials credentials, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var waiting = ShowingApprovals.Visible(pulse.Now, context.Principal()).Where(approval => approval.At(now) == ApprovalStatus.Pending).ToArray();
        return Page.Of(Title, waiting.Length == 0
            ? Html.Of($"<p>No call waits for an approval. When an agent calls a tool that asks for one, it stands here.</p>")
            : Html.Of($"<ul>{Html.Join(waiting.Select(Item))}</ul>"));

        Html Item(Approval approval) => Html.Of(
            $"""
            <li><a href="{PublicOrigin.BasePath(context)}{ListPath}/{approval.Id}">{approval.Asked.Address}</a><br>{Who(approval, credentials)}, {Until(approval.Asked.ExpiresAt, now)}</li>
            """);
    }

    private static async Task<IResult> Show(
        string id, HttpContext context, DecisionDesk desk, ApprovalVault vault, ICredentials credentials, Remembering remembering, TimeProvider time, CancellationToken cancellationToken)
        => await desk.Find(id, context.Principal(), cancellationToken) is { } approval
            ? await Of(context, approval, vault, credentials, remembering, time, null, 200, cancellationToken)
            : Unknown(context);

    private static async Task<IResult> Decide(
        string id, HttpContext context, DecisionDesk desk, ApprovalVault vault, ICredentials credentials, Remembering remembering, TimeProvider time, CancellationToken cancellationToken)
    {
        var said = (await context.Request.ReadFormAsync(cancellationToken))["decision"].ToString();
        if (said is not ("approve" or "always" or "decline"))
        {
            return Page.Of(Title, Html.Of($"""<p class="error">Nothing was decided: the form was not complete.</p><p><a href="{PublicOrigin.BasePath(context)}{ListPath}">Approvals</a></p>"""), 422);
        }

        var (taken, refusal) = await desk.Decide(id, said != "decline", said == "always", "console", context.Principal(), context.Metadata(), cancellationToken);
        if (taken is not null)
        {
            context.Response.Headers.Location = PublicOrigin.BasePath(context) + ListPath + "/" + id;
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.StatusCode(StatusCodes.Status303SeeOther);
        }

        return await desk.Find(id, context.Principal(), cancellationToken) is { } approval
            ? await Of(context, approval, vault, credentials, remembering, time, refusal, Problem.Of(refusal!).StatusCode ?? 409, cancellationToken)
            : Unknown(context);
    }

    private static IResult Unknown(HttpContext context) => Page.Of(Title, Html.Of($"""<p class="error">There is no such approval, or it is not yours to see.</p><p><a href="{PublicOrigin.BasePath(context)}{ListPath}">Approvals</a></p>"""), 404);

    private static async Task<IResult> Of(
        HttpContext context, Approval approval, ApprovalVault vault, ICredentials credentials, Remembering remembering, TimeProvider time, Rejection? refusal, int status,
        CancellationToken cancellationToken)
    {
        var (now, person, asked) = (time.GetUtcNow(), context.Principal(), approval.Asked);
        var standing = approval.At(now);
        var shown = approval.IsOpen ? await vault.Shown(approval.Id, cancellationToken) : null;
        return Page.Of(
            standing == ApprovalStatus.Pending ? "Approve this call?" : "Approval",
            Html.Of(
                $"""
                {(refusal is null ? Html.Empty : Html.Of($"""<p class="error" role="alert">{refusal.Detail}</p>"""))}
                <dl>
                <dt>Tool</dt><dd>{asked.Address}</dd>
                {(shown is null ? Html.Empty : Html.Of($"<dt>Would do</dt><dd>{shown.Summary}</dd>"))}
                <dt>Asked by</dt><dd>{Who(approval, credentials)}</dd>
                <dt>Through</dt><dd>{(asked.Toolkit is { } toolkit ? "the toolkit " + toolkit : "no toolkit")}</dd>
                <dt>Why it asks</dt><dd>{Why(asked)}</dd>
                <dt>Asked at</dt><dd>{Time(approval.RequestedAt)}</dd>
                </dl>
                {(shown is null ? Html.Empty : Arguments(shown))}
                {(standing == ApprovalStatus.Pending ? Form(context, approval, person, remembering, now) : Html.Of($"<p>{Standing(approval, standing)}</p>"))}
                <p><a href="{PublicOrigin.BasePath(context)}{ListPath}">All approvals</a></p>
                """),
            status);
    }

    private static Html Arguments(ShownRequest shown) => Html.Of(
        $"""
        <h2>Arguments</h2>
        <pre>{JsonSerializer.Serialize(JsonDocument.Parse(shown.Arguments.Json).RootElement, Indented)}</pre>
        {(shown.Arguments.Altered ? Html.Of($"""<p class="warning">Some of it is not shown: it is too long, or holds characters that cannot be seen.</p>""") : Html.Empty)}
        """);

    private static Html Form(HttpContext context, Approval approval, Principal person, Remembering remembering, DateTimeOffset now)
        => ApproverRule.Refusal(person, approval) is { } refusal
            ? Html.Of($"<p>{refusal.Detail}</p>")
            : Html.Of(
                $"""
                <p>It runs once, with exactly these arguments. It {Until(approval.Asked.ExpiresAt, now)}.</p>
                <form method="post" action="{PublicOrigin.BasePath(context)}{ListPath}/{approval.Id}">{PageForms.Hidden(context)}<p class="actions">
                <button name="decision" value="approve">Approve</button>
                <button class="second" name="decision" value="decline">Decline</button>
                {(remembering.Refusal(approval, person) is null
                    ? Html.Of($"""<button class="second" name="decision" value="always">Always allow this tool{(approval.Asked.ToolkitId is null ? "" : " in this toolkit")}</button>""")
                    : Html.Empty)}
                </p></form>
                """);

    private static string Who(Approval approval, ICredentials credentials)
        => credentials.Find(approval.Asked.CredentialId) is { } principal ? $"{ShownText.Line(principal.Name, 100)} ({approval.Asked.PrincipalId})" : approval.Asked.PrincipalId;

    private static string Why(ApprovalRequested asked) => asked.Source switch
    {
        "enforced" => "an enforced rule of the workspace",
        "toolkit" => "a policy of the toolkit",
        "user" => "a rule of that account",
        "org" => "a rule of the workspace",
        _ => "the tool changes something, and no rule allows it",
    } + (asked.Approver == ApproverRule.Other ? "; it takes the yes of somebody else than who asks" : "");

    private static string Standing(Approval approval, ApprovalStatus status) => status switch
    {
        ApprovalStatus.Approved => $"Approved by {approval.Decision!.DecidedBy}. The call has not come back for it yet; it can until {Time(approval.Decision.UsableUntil!.Value)}.",
        ApprovalStatus.Consumed => $"Approved by {approval.Decision!.DecidedBy}, and carried out once as {approval.CallId}.",
        ApprovalStatus.Declined => $"Declined by {approval.Decision!.DecidedBy}.",
        ApprovalStatus.Cancelled => "The question was dismissed. The call was not carried out.",
        ApprovalStatus.Expired => "Too much time has passed. The call was not carried out.",
        _ => "The call would no longer be the one that was approved. It was not carried out.",
    };

    private static string Until(DateTimeOffset end, DateTimeOffset now)
        => string.Create(CultureInfo.InvariantCulture, $"can be decided for another {Math.Max(1, (int)(end - now).TotalMinutes)} min");

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
