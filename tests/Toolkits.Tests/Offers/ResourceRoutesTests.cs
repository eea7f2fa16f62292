using Toolgate.Connections;

namespace Toolgate.Toolkits.Tests;

public sealed class ResourceRoutesTests
{
    private static readonly UpstreamOffer Files = Offering.Server("files", resources: ["file:///readme"], templates: ["file:///{+path}"]);
    private static readonly UpstreamOffer Issues = Offering.Server("issues", templates: ["file:///issues/{id}", "issue://{id}"]);

    [Fact]
    public void What_is_listed_comes_before_templates()
        => Leads(Offering.View(Files, Offering.Server("greedy", templates: ["file:///readm{+rest}"])), "file:///readme").ShouldBe("files.org.main.resources");

    [Fact]
    public void Of_templates_that_fit_the_most_specific_leads()
    {
        var view = Offering.View(Files, Issues);
        Leads(view, "file:///issues/7").ShouldBe("issues.org.main.resources");
        Leads(view, "file:///issues/7/more").ShouldBe("files.org.main.resources");
        Leads(view, "issue://7").ShouldBe("issues.org.main.resources");
        Leads(view, "unknown://7").ShouldBeNull();
    }

    [Fact]
    public void A_uri_that_nobody_lists_leads_to_the_only_server_there_is()
    {
        Leads(Offering.View(Files), "linked://from/a/result").ShouldBe("files.org.main.resources");
        Leads(Offering.View(Files, Issues), "linked://from/a/result").ShouldBeNull();
        Leads(OfferView.Nothing, "file:///readme").ShouldBeNull();
    }

    [Theory]
    [InlineData("toolgate://files.org.main/")]
    [InlineData("toolgate://files.org.main")]
    [InlineData("toolgate:///file:///readme")]
    [InlineData("toolgate://")]
    [InlineData("toolgate://nobody.org.main/file:///readme")]
    [InlineData("toolgate://files.user.main/file:///readme")]
    [InlineData("toolgate://FILES.org.main/file:///readme")]
    public void A_form_that_names_no_visible_server_leads_nowhere_even_when_there_is_only_one(string uri) => Leads(Offering.View(Files), uri).ShouldBeNull();

    [Theory]
    [InlineData("file:///a b?c=d#e")]
    [InlineData("a")]
    [InlineData("%2F..%2F")]
    [InlineData("ünï://😀")]
    public void The_form_that_names_a_server_holds_its_uri_verbatim(string uri)
    {
        var item = Offering.View(Files, Issues).Route("toolgate://issues.org.main/" + uri)!;
        (item.Server.Address, item.UpstreamKey, item.Key).ShouldBe(("issues.org.main.resources", uri, "toolgate://issues.org.main/" + uri));
    }

    [Fact]
    public void A_uri_of_a_server_has_the_name_under_which_it_leads_there()
    {
        var view = Offering.View(Files, Issues);
        view.NameOf(Files.Upstream, "file:///readme").ShouldBe("file:///readme");
        view.NameOf(Issues.Upstream, "file:///readme").ShouldBe("toolgate://issues.org.main/file:///readme");
        view.NameOf(Files.Upstream, "nobody://lists/it").ShouldBe("toolgate://files.org.main/nobody://lists/it");
    }

    [Fact]
    public void A_template_that_uris_are_not_compared_with_names_its_server_when_there_are_several()
    {
        var odd = Offering.Server("odd", templates: ["odd://{=later}"]);
        Offering.Listed(Offering.View(odd).TemplatesJson, "uriTemplate").ShouldBe(["odd://{=later}"]);
        Offering.Listed(Offering.View(odd, Files).TemplatesJson, "uriTemplate").ShouldContain("toolgate://odd.org.main/odd://{=later}");
    }

    private static string? Leads(OfferView view, string uri) => view.Route(uri)?.Server.Address;
}
