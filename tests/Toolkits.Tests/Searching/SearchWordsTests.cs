namespace Toolgate.Toolkits.Tests;

public sealed class SearchWordsTests
{
    [Theory]
    [InlineData("listPullRequests", "list pull request")]
    [InlineData("list_pull_requests", "list pull request")]
    [InlineData("List of pull-requests", "list pull request")]
    [InlineData("PRs", "pull request")]
    [InlineData("getHTTPServerV2", "get http server v2")]
    [InlineData("repos/{owner}", "repositori owner")]
    [InlineData("what is the  ?!", "")]
    [InlineData("Zürich Größe", "zürich größe")]
    public void Texts_and_identifiers_give_the_same_terms(string text, string terms) => string.Join(' ', SearchWords.Terms(text)).ShouldBe(terms);

    [Fact]
    public void A_run_of_letters_that_is_no_word_is_left_out() => SearchWords.Terms("a " + new string('x', 41) + " close").ShouldBe(["close"]);

    [Theory]
    [InlineData("invite", "invitation", "invitations", "invited", "inviting")]
    [InlineData("merge", "merged", "merging", "merges")]
    [InlineData("close", "closed", "closes", "closing")]
    [InlineData("collaborate", "collaborator", "collaborators", "collaboration")]
    [InlineData("repository", "repositories")]
    [InlineData("create", "created", "creating", "creates")]
    [InlineData("star", "starred", "stars", "starring")]
    [InlineData("deploy", "deployment", "deployments", "deployed")]
    [InlineData("subscribe", "subscribed", "subscribing")]
    [InlineData("organize", "organization", "organizing")]
    [InlineData("protect", "protection", "protected")]
    [InlineData("run", "running", "runs")]
    [InlineData("assign", "assigned", "assignment")]
    public void Forms_of_a_word_have_one_stem(params string[] forms) => forms.Select(EnglishStem.Of).Distinct().ShouldHaveSingleItem();

    [Theory]
    [InlineData("status", "state")]
    [InlineData("user", "use")]
    [InlineData("issue", "is")]
    [InlineData("access", "acces")]
    [InlineData("member", "memb")]
    public void Different_words_keep_different_stems(string one, string other) => EnglishStem.Of(one).ShouldNotBe(EnglishStem.Of(other));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("s")]
    [InlineData("ing")]
    [InlineData("ed")]
    [InlineData("yyy")]
    [InlineData("eeed")]
    [InlineData("ss")]
    [InlineData("größe")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmnop")]
    public void Anything_can_be_asked_for_its_stem(string word) => EnglishStem.Of(word).Length.ShouldBeInRange(0, word.Length + 1);
}
