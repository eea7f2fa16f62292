using System.Text;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

public sealed class SignInsModelTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private readonly SignInsModel model = new();
    private SignInsState state = SignInsState.Empty;

    [Fact]
    public void A_sign_in_that_was_checked_before_a_password_change_is_over_before_it_began()
    {
        At(10, new PasswordChanged("usr_1", null));
        At(20, new PasswordChanged("usr_1", null));
        At(21, Started("ses_old", "usr_1", passwordAt: 10));
        At(22, Started("ses_new", "usr_1", passwordAt: 20));
        At(23, Started("ses_other_way", "usr_1", passwordAt: null));
        At(24, Started("ses_of_another", "usr_2", passwordAt: 0));

        state.SignIns.Keys.ShouldBe(["ses_new", "ses_of_another", "ses_other_way"]);
    }

    [Fact]
    public void Browsers_are_known_to_the_accounts_that_signed_in_there()
    {
        At(1, Started("ses_1", "usr_1", null, "browser"));
        At(2, Started("ses_2", "usr_2", null, "browser"));
        At(3, new SignInEnded("ses_1", "usr_1"));

        state.Of("usr_1").Devices.Select(device => device.Digest).ShouldBe(["browser"], "also after the sign-in has ended");
        state.Of("usr_3").Devices.ShouldBeEmpty();
        At(4, new MemberRemoved("usr_1"));
        state.Of("usr_1").Devices.ShouldBeEmpty();
        state.Of("usr_2").Devices.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_new_password_forgets_every_browser_but_the_one_where_it_was_set()
    {
        At(1, Started("ses_1", "usr_1", null, "browser"));
        At(2, Started("ses_2", "usr_1", null, "telephone"));
        At(3, new PasswordChanged("usr_1", "ses_2"));

        state.SignIns.Keys.ShouldBe(["ses_2"]);
        state.Of("usr_1").Devices.Select(device => device.Digest).ShouldBe(["telephone"]);
        At(4, new PasswordChanged("usr_1", null));
        state.Of("usr_1").Devices.ShouldBeEmpty();
    }

    [Fact]
    public void The_browsers_of_an_account_are_bounded_and_the_newest_stay()
    {
        for (var i = 0; i < SignInsModel.MostDevices + 5; i++)
        {
            At(i + 1, Started("ses_" + i, "usr_1", null, "browser " + i));
        }

        var known = state.Of("usr_1").Devices.Select(device => device.Digest).ToList();
        known.Count.ShouldBe(SignInsModel.MostDevices);
        known[0].ShouldBe("browser 5");
    }

    [Fact]
    public void The_state_survives_being_stored()
    {
        At(1, new PasswordChanged("usr_1", null));
        At(2, Started("ses_1", "usr_1", 1, "browser"));
        var stored = model.Serialize(state);

        Encoding.UTF8.GetString(model.Serialize(model.Deserialize(stored))).ShouldBe(Encoding.UTF8.GetString(stored));
        state = model.Deserialize(stored);
        At(3, Started("ses_2", "usr_1", 0));
        state.SignIns.Keys.ShouldBe(["ses_1"]);
    }

    private static SignInStarted Started(string id, string memberId, long? passwordAt, string? device = null)
        => new(id, memberId, "digest of " + id, Start.AddDays(14), "10.0.0.1", "agent", passwordAt, device);

    private void At(long position, object e)
        => state = model.Evolve(state, new StoredEvent(position, Guid.Empty, "stream", 1, "type", e, Start.AddSeconds(position), EventMetadata.None));
}
