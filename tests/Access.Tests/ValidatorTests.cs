using FluentValidation.Results;

namespace Toolgate.Access.Tests;

public sealed class ValidatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly IssueApiKeyValidator Keys = new(new Clock(Now));

    [Fact]
    public void A_proper_command_has_no_faults()
    {
        Keys.Validate(new IssueApiKey("CI", ["audit"], Now.AddSeconds(1), null)).IsValid.ShouldBeTrue();
        new AddServiceAccountValidator().Validate(new AddServiceAccount("Bot", null)).IsValid.ShouldBeTrue();
        new ChangeMemberValidator().Validate(new ChangeMember(null, null)).IsValid.ShouldBeTrue();
    }

    [Fact]
    public void Each_fault_of_a_key_has_its_code_and_place()
    {
        OneFault(Keys.Validate(new IssueApiKey("", null, null, null))).ShouldBe(("Name", "NotEmptyValidator"));
        OneFault(Keys.Validate(new IssueApiKey(new string('n', 101), null, null, null))).ShouldBe(("Name", "MaximumLengthValidator"));
        OneFault(Keys.Validate(new IssueApiKey("CI", [], null, null))).ShouldBe(("Scopes", "empty"));
        OneFault(Keys.Validate(new IssueApiKey("CI", ["manage", "everything"], null, null))).ShouldBe(("Scopes[1]", "unknown_scope"));
        OneFault(Keys.Validate(new IssueApiKey("CI", null, Now, null))).ShouldBe(("ExpiresAt", "in_the_past"));
    }

    [Fact]
    public void Each_fault_of_a_member_has_its_code_and_place()
    {
        OneFault(new AddServiceAccountValidator().Validate(new AddServiceAccount(" ", null))).ShouldBe(("Name", "NotEmptyValidator"));
        OneFault(new ChangeMemberValidator().Validate(new ChangeMember(" ", null))).ShouldBe(("Name", "empty"));
        OneFault(new ChangeMemberValidator().Validate(new ChangeMember(new string('n', 101), null))).ShouldBe(("Name", "MaximumLengthValidator"));
    }

    [Theory]
    [InlineData("a\0")]
    [InlineData("a\nb")]
    [InlineData("a\u009Fb")]
    public void A_name_holds_no_control_characters(string name)
    {
        OneFault(Keys.Validate(new IssueApiKey(name, null, null, null))).ShouldBe(("Name", "control_character"));
        OneFault(new AddServiceAccountValidator().Validate(new AddServiceAccount(name, null))).ShouldBe(("Name", "control_character"));
        OneFault(new ChangeMemberValidator().Validate(new ChangeMember(name, null))).ShouldBe(("Name", "control_character"));
    }

    private static (string, string) OneFault(ValidationResult result)
    {
        var fault = result.Errors.ShouldHaveSingleItem();
        return (fault.PropertyName, fault.ErrorCode);
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
