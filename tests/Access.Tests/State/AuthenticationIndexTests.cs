using System.Security.Cryptography;
using System.Text;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

public sealed class AuthenticationIndexTests
{
    private static readonly byte[] Salt = Encoding.UTF8.GetBytes("a salt of this workspace");
    private static readonly AccessReadModel Model = new();

    [Fact]
    public void A_token_leads_to_its_key_and_nothing_else_does()
    {
        var index = Fold(Joined("usr_1", Role.Owner), Issued("key_1", "usr_1", "tgk_right")).Index;
        index.Find("tgk_right")!.Value.Key.Id.ShouldBe("key_1");
        index.Find("tgk_right ").ShouldBeNull();
        index.Find("tgk_righ").ShouldBeNull();
        index.Find("").ShouldBeNull();
        index.Find(new string('x', 100_000)).ShouldBeNull();
    }

    [Fact]
    public void The_digest_is_sha256_of_salt_and_token()
        => AuthenticationIndex.Digest(Salt, "tgk_right").ShouldBe(SHA256.HashData([.. Salt, .. "tgk_right"u8]));

    [Fact]
    public void A_key_follows_its_members_role_at_once()
    {
        var state = Fold(Joined("usr_1", Role.Admin), Issued("key_1", "usr_1", "tgk_right"));
        state.Index.Find("tgk_right")!.Value.Principal.Scopes.ShouldBe(Scopes.All);
        var demoted = Evolve(state, 9, new MemberRoleChanged("usr_1", Role.Member));
        var principal = demoted.Index.Find("tgk_right")!.Value.Principal;
        (principal.Role, principal.Scopes).ShouldBe((Role.Member, Scopes.Manage | Scopes.ToolsInvoke));
    }

    [Fact]
    public void Revocation_and_removal_end_a_key()
    {
        var state = Fold(Joined("usr_1", Role.Owner), Joined("usr_2", Role.Member), Issued("key_1", "usr_1", "tgk_one"), Issued("key_2", "usr_2", "tgk_two"));
        Evolve(state, 9, new ApiKeyRevoked("key_1")).Index.Find("tgk_one").ShouldBeNull();
        Evolve(state, 9, new MemberRemoved("usr_2")).Index.Find("tgk_two").ShouldBeNull();
        Evolve(state, 9, new MemberRemoved("usr_2")).Index.Find("tgk_one").ShouldNotBeNull();
    }

    [Fact]
    public void A_state_survives_its_own_bytes()
    {
        var state = Fold(Joined("usr_2", Role.Member), Joined("usr_1", Role.Owner), Issued("key_1", "usr_1", "tgk_one"));
        var bytes = Model.Serialize(state);
        var again = Model.Deserialize(bytes);
        Model.Serialize(again).ShouldBe(bytes);
        again.Index.Find("tgk_one")!.Value.Principal.Id.ShouldBe("usr_1");
        Encoding.UTF8.GetString(bytes).ShouldNotContain("tgk_one");
    }

    private static MemberJoined Joined(string id, Role role) => new(id, MemberKind.Person, id, role);

    private static ApiKeyIssued Issued(string id, string memberId, string token)
        => new(id, memberId, id, "", Convert.ToHexStringLower(AuthenticationIndex.Digest(Salt, token)), Scopes.All, null);

    private static AccessState Fold(params object[] events)
    {
        var state = Evolve(AccessState.Empty, 1, new WorkspaceCreated("ws_1", Convert.ToBase64String(Salt)));
        for (var i = 0; i < events.Length; i++)
        {
            state = Evolve(state, i + 2, events[i]);
        }

        return state;
    }

    private static AccessState Evolve(AccessState state, long version, object e)
        => Model.Evolve(state, new StoredEvent(version, Guid.Empty, AccessFold.StreamId, version, "", e, DateTimeOffset.UnixEpoch, EventMetadata.None));
}
