namespace Toolgate.Rest.Tests;

public sealed class HtmlTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\" onfocus=\"alert(1)")]
    [InlineData("' autofocus '")]
    [InlineData("&lt;")]
    public void what_is_put_into_markup_is_text(string text)
    {
        var html = Html.Of($"""<p title="{text}">{text}</p>""").Text;

        html.ShouldStartWith("<p title=\"");
        html.Count(character => character is '<' or '>' or '"' or '\'').ShouldBe("<p title=\"\"></p>".Count(character => character is '<' or '>' or '"'));
        System.Net.WebUtility.HtmlDecode(html).ShouldBe($"<p title=\"{text}\">{text}</p>");
    }

    [Fact]
    public void a_piece_of_markup_stays_as_it_is()
        => Html.Of($"<ul>{Html.Join(new[] { "a", "<b>" }.Select(item => Html.Of($"<li>{item}</li>")))}</ul>{12}{(string?)null}").Text
            .ShouldBe("<ul><li>a</li><li>&lt;b&gt;</li></ul>12");
}
