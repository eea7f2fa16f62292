using System.Text;

namespace Toolgate.Connections.Tests.OAuth;

public sealed class TokenAnswerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("3600", 3540)]
    [InlineData("120", 60)]
    [InlineData("30", 15)]
    [InlineData("1e300", 86340)]
    [InlineData("-5", 240)]
    [InlineData("\"3600\"", 240)]
    [InlineData("null", 240)]
    public void Another_token_is_obtained_a_minute_early_or_at_half_of_a_short_life(string expires, int seconds)
        => TokenAnswer.Of(Encoding.UTF8.GetBytes($$"""{"access_token":"a","token_type":"Bearer","expires_in":{{expires}}}"""), Now)
            .ShouldNotBeNull().Until.ShouldBe(Now.AddSeconds(seconds));

    [Fact]
    public void A_token_prints_as_nothing()
        => new AccessToken("canary", Now).ToString().ShouldNotContain("canary");
}
