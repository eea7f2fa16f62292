using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections.Tests.Egress;

/// <summary>The ways in which a host can be written. Whatever a name resolves to is judged, so the resolver here gives every name the worst answer.</summary>
public sealed class HostFormTests : IAsyncLifetime
{
    private Upstream here = null!;

    /// <summary>Forms of this machine and of networks inside.</summary>
    public static TheoryData<string> Inside =>
    [
        "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "0177.0.0.1", "0177.0000.0000.0001", "0x7f.0.0.1", "0x7f.1", "0x7f000001", "0X7F000001", "2130706433", "017700000001",
        "0", "0.0.0.0", "0x0", "000000000", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
        "localhost", "LOCALHOST", "localhost.", "localhost..", "a.localhost", "a.b.localhost.", "ⓛocalhost", "ｌｏｃａｌｈｏｓｔ", "local\u00ADhost", "ip6-localhost", "inside.example",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:808:808:0:0:80ff:fffe]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%1]",
        "[fc00::1]", "[fdff::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]", "[2606:4700::5efe:127.0.0.1]",
        "10.0.0.1", "012.0.0.1", "0xa.0.0.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.0.1", "0300.0250.0.1", "169.254.1.1", "100.64.0.1", "100.127.255.255", "198.18.0.1", "192.0.2.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1",
    ];

    /// <summary>Forms of a metadata service.</summary>
    public static TheoryData<string> Metadata =>
    [
        "169.254.169.254", "169.254.169.254.", "169.254.43518", "169.16689662", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "025177524776", "１６９.254.169.254", "①⑥⑨.254.169.254",
        "169。254。169。254", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[fd00:ec2::254]", "[fd00:ec2::254%251]",
        "[FD00:0EC2:0:0:0:0:0:254]", "100.100.100.200", "metadata", "metadata.", "METADATA.GOOGLE.INTERNAL", "metadata.google.internal.", "metadata.google.internal..", "metadata.goog", "instance-data", "rebound.example",
        "ｍetadata.google.internal", "metadata。google。internal",
    ];

    public async Task InitializeAsync() => here = await Upstream.Start(context => context.Response.WriteAsync("here"));

    public async Task DisposeAsync() => await here.DisposeAsync();

    [Theory]
    [MemberData(nameof(Inside))]
    public async Task No_form_of_a_host_inside_is_dialled(string host)
    {
        await Refused($"http://{host}:{here.Port}/", new EgressOptions(), IPAddress.Loopback);
        await Refused($"https://{host}/", new EgressOptions(), IPAddress.IPv6Loopback);
    }

    [Theory]
    [MemberData(nameof(Metadata))]
    public async Task No_form_of_a_metadata_service_is_dialled_whatever_is_allowed(string host)
        => await Refused($"http://{host}/", new EgressOptions { AllowPrivateNetworks = true, AllowedNetworks = ["0.0.0.0/0", "::/0"] }, IPAddress.Parse("169.254.169.254"));

    [Theory]
    [InlineData("http://public.example@127.0.0.1:PORT/")]
    [InlineData("http://public.example:80@127.0.0.1:PORT/")]
    [InlineData("http://public.example%40127.0.0.1:PORT/")]
    [InlineData("http://127.0.0.1:PORT\\@public.example/")]
    [InlineData("http://127.0.0.1:PORT#@public.example/")]
    [InlineData("http://127.0.0.1:PORT?@public.example/")]
    [InlineData("http:\\\\127.0.0.1:PORT/")]
    [InlineData("http:///127.0.0.1:PORT/")]
    [InlineData("http://127.0.0.1%00.public.example:PORT/")]
    [InlineData("http://127.0.0.1\t.public.example:PORT/")]
    [InlineData("http://[::1]@public.example:PORT/")]
    [InlineData("file://127.0.0.1/etc/passwd")]
    [InlineData("gopher://127.0.0.1:PORT/")]
    [InlineData("ws://127.0.0.1:PORT/")]
    public async Task A_url_that_hides_its_host_is_refused(string url)
        => await Refused(url.Replace("PORT", $"{here.Port}", StringComparison.Ordinal), new EgressOptions(), IPAddress.Loopback);

    [Fact]
    public async Task The_control_is_let_through()
    {
        using var response = await Send($"http://open.example:{here.Port}/", new EgressOptions { AllowedNetworks = ["127.0.0.0/8"] }, IPAddress.Loopback);
        (await response.Content.ReadAsStringAsync()).ShouldBe("here");
    }

    private async Task Refused(string url, EgressOptions options, IPAddress everything)
    {
        var exception = await Should.ThrowAsync<Exception>(async () => (await Send(url, options, everything)).Dispose());
        (exception.GetBaseException() is EgressRefusedException or UriFormatException or NotSupportedException or ArgumentException).ShouldBeTrue($"{url}: {exception}");
        here.Requests.ShouldBeEmpty(url);
    }

    private static async Task<HttpResponseMessage> Send(string url, EgressOptions options, IPAddress everything)
    {
        var settings = Options.Create(options);
        using var client = new EgressClient(new EgressConnector(new Everything(everything), new AddressRules(settings), TimeProvider.System), settings);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url));
        var response = await client.Send(request, PreparedAuth.None, CancellationToken.None);
        await response.Content.LoadIntoBufferAsync();
        return response;
    }

    private sealed class Everything(IPAddress address) : INameResolver
    {
        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Task.FromResult(new[] { address });
    }
}
