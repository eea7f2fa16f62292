namespace Toolgate.Toolkits.Tests;

public sealed class UriTemplateTests
{
    [Theory]
    [InlineData("x://a", "x://a", true)]
    [InlineData("x://a", "x://ab", false)]
    [InlineData("x://{id}", "x://17", true)]
    [InlineData("x://{id}", "x://", true)]
    [InlineData("x://{id}", "x://a%2Fb", true)]
    [InlineData("x://{id}", "x://a/b", false)]
    [InlineData("x://{id}", "x://a?b", false)]
    [InlineData("x://{id}/y", "x://a/y", true)]
    [InlineData("x://{id}/y", "x://a/z", false)]
    [InlineData("x://{a}{b}", "x://1", true)]
    [InlineData("x://{a,b}-{c:3}-{d*}", "x://1,2-3-4", true)]
    [InlineData("x://{+path}", "x://a/b?c#d", true)]
    [InlineData("x://{+a}x{b}", "x://1x/2x3", true)]
    [InlineData("x://{a}x{b}", "x://1x/2x3", false)]
    [InlineData("x://h{/a,b}", "x://h/1/2", true)]
    [InlineData("x://h{/a}", "x://h", true)]
    [InlineData("x://h{/a}", "x://h1", false)]
    [InlineData("x://h{?q,r}", "x://h?q=1&r=/2", true)]
    [InlineData("x://h{?q}", "x://h", true)]
    [InlineData("x://h{?q}", "x://h?q=1#f", false)]
    [InlineData("x://h?a=1{&q}", "x://h?a=1&q=2", true)]
    [InlineData("x://h{.ext}", "x://h.tar", true)]
    [InlineData("x://h{.ext}", "x://htar", false)]
    [InlineData("x://h{;p}", "x://h;p=1", true)]
    [InlineData("x://h{#f}", "x://h#any/thing?at=all", true)]
    [InlineData("x://h{#f}", "x://hany", false)]
    [InlineData("x://{a}.*+()[]\\^$|", "x://1.*+()[]\\^$|", true)]
    [InlineData("x://{a}.", "x://1y", false)]
    [InlineData("{+all}", "anything at\nall", true)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    public void A_uri_fits_exactly_what_the_template_can_become(string template, string uri, bool fits) => UriTemplate.Parse(template)!.Fits(uri).ShouldBe(fits);

    [Theory]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("x{")]
    [InlineData("x}y")]
    [InlineData("{}")]
    [InlineData("{{a}}")]
    [InlineData("{a{b}")]
    [InlineData("{=a}")]
    [InlineData("{!a}")]
    [InlineData("{@a}")]
    [InlineData("{|a}")]
    [InlineData("{,a}")]
    public void What_is_no_template_fits_nothing(string template) => UriTemplate.Parse(template).ShouldBeNull();

    [Fact]
    public void Templates_and_uris_are_bounded()
    {
        UriTemplate.Parse(new string('a', UriTemplate.MaxLength)).ShouldNotBeNull();
        UriTemplate.Parse(new string('a', UriTemplate.MaxLength + 1)).ShouldBeNull();
        UriTemplate.Parse(string.Concat(Enumerable.Repeat("{a}", UriTemplate.MaxExpressions))).ShouldNotBeNull();
        UriTemplate.Parse(string.Concat(Enumerable.Repeat("{a}", UriTemplate.MaxExpressions + 1))).ShouldBeNull();
        var any = UriTemplate.Parse("{+a}")!;
        any.Fits(new string('a', UriTemplate.MaxUriLength)).ShouldBeTrue();
        any.Fits(new string('a', UriTemplate.MaxUriLength + 1)).ShouldBeFalse();
    }

    [Fact]
    public void A_template_made_to_be_tried_in_many_ways_ends()
    {
        // A matcher that tries one way after another needs more steps than there are atoms.
        var hostile = UriTemplate.Parse(string.Concat(Enumerable.Repeat("{+a}aaaaaaaaaaaaaaaaaa", UriTemplate.MaxExpressions)) + "b")!;
        hostile.Fits(new string('a', UriTemplate.MaxUriLength)).ShouldBeFalse();
        hostile.Fits(new string('a', UriTemplate.MaxUriLength - 1) + "b").ShouldBeTrue();
    }

    [Fact]
    public void The_more_literal_text_the_more_specific()
        => UriTemplate.Parse("x://{a}/y{?z}")!.LiteralLength.ShouldBe(6);
}
