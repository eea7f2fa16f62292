using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

/// <summary>Given/When/Then for decisions about access: the state is folded from events, as in production.</summary>
internal static class Given
{
    public const string Owner = "usr_owner";
    public const string Admin = "usr_admin";
    public const string Member = "usr_member";
    public const string Service = "svc_plain";
    public const string AdminService = "svc_admin";

    /// <summary>One member of each role with a key, and two service accounts without.</summary>
    public static AccessDecisionState Everybody { get; } = State(
        new WorkspaceCreated("ws_1", "c2FsdA=="),
        new MemberJoined(Owner, MemberKind.Person, "Owner", Role.Owner),
        new MemberJoined(Admin, MemberKind.Person, "Admin", Role.Admin),
        new MemberJoined(Member, MemberKind.Person, "Member", Role.Member),
        new MemberJoined(Service, MemberKind.Service, "Service", Role.Member),
        new MemberJoined(AdminService, MemberKind.Service, "Admin service", Role.Admin),
        Key("key_of_" + Owner, Owner),
        Key("key_of_" + Admin, Admin),
        Key("key_of_" + Member, Member));

    public static ApiKeyIssued Key(string id, string memberId, DateTimeOffset? expiresAt = null)
        => new(id, memberId, id, "tgk_xxxxxx", new string('0', 64), Scopes.All, expiresAt);

    public static AccessDecisionState State(params object[] events) => events.Aggregate(AccessFold.Fold.Initial, AccessFold.Fold.Evolve);

    public static Principal Caller(string id, Scopes scopes = Scopes.All) => new(id, id, Everybody.Members[id].Role, scopes, "key_of_" + id);

    public static Principal Caller(Role role, Scopes scopes = Scopes.All)
        => Caller(role switch { Role.Owner => Owner, Role.Admin => Admin, _ => Member }, scopes);

    public static void ShouldBeRejected(this Decision decision, RejectionKind kind, string code, string? pointer = null)
    {
        var rejection = decision.ShouldBeOfType<Decision.Rejected>().Rejection;
        (rejection.Kind, rejection.Code, rejection.Pointer).ShouldBe((kind, code, pointer));
    }

    public static void ShouldBeAccepted(this Decision decision, params object[] events)
        => decision.ShouldBeOfType<Decision.Accepted>().Events.ShouldBe(events);
}
