using System.Net;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections.Tests.Egress;

public sealed class AddressRulesTests
{
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001::200e")]
    public void A_public_address_is_allowed(string address) => Judge(address).ShouldBe(AddressVerdict.Allowed);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("198.18.0.1")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("ff02::1")]
    [InlineData("fec0::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::127.0.0.1")]
    [InlineData("::8.8.8.8")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("64:ff9b:1::a00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:808:808::1")]
    [InlineData("2001:0:808:808::1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("100::1")]
    [InlineData("2606:4700::5efe:10.0.0.1")]
    [InlineData("2606:4700::200:5efe:10.0.0.1")]
    public void Anything_else_is_refused(string address) => Judge(address).ShouldBe(AddressVerdict.Private);

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::a9fe:a9fe")]
    [InlineData("64:ff9b:1:a9fe:a9:fe00::")]
    [InlineData("64:ff9b:1:a9:fe:a9fe::")]
    [InlineData("64:ff9b:1:0:a9:fea9:fe00:0")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2001:0:a9fe:a9fe::1")]
    [InlineData("2001:0:808:808:0:0:5601:5601")]
    [InlineData("fe80::5efe:169.254.169.254")]
    [InlineData("fd00:ec2::254%3")]
    public void A_metadata_address_is_refused_in_every_form_whatever_is_allowed(string address)
    {
        Judge(address).ShouldBe(AddressVerdict.Metadata);
        Judge(address, allowPrivate: true).ShouldBe(AddressVerdict.Metadata);
        Judge(address, networks: ["0.0.0.0/0", "::/0"]).ShouldBe(AddressVerdict.Metadata);
    }

    [Fact]
    public void Private_addresses_are_allowed_where_the_operator_says_so()
    {
        Judge("10.1.2.3", allowPrivate: true).ShouldBe(AddressVerdict.Allowed);
        Judge("10.20.3.4", networks: ["10.20.0.0/16"]).ShouldBe(AddressVerdict.Allowed);
        Judge("::ffff:10.20.3.4", networks: ["10.20.0.0/16"]).ShouldBe(AddressVerdict.Allowed);
        Judge("10.21.3.4", networks: ["10.20.0.0/16"]).ShouldBe(AddressVerdict.Private);
        Judge("64:ff9b::a14:304", networks: ["10.20.0.0/16"]).ShouldBe(AddressVerdict.Private, "a gateway is not the network that was named");
        Judge("fd00:1::5", networks: ["fd00:1::/32"]).ShouldBe(AddressVerdict.Allowed);
    }

    [Theory]
    [InlineData("metadata.google.internal", true)]
    [InlineData("METADATA.google.internal.", true)]
    [InlineData("metadata", true)]
    [InlineData("example.org", false)]
    public void Hosts_of_metadata_services_are_known_by_name(string host, bool known) => AddressRules.IsMetadataHost(host).ShouldBe(known);

    private static AddressVerdict Judge(string address, bool allowPrivate = false, params string[] networks)
        => new AddressRules(Options.Create(new EgressOptions { AllowPrivateNetworks = allowPrivate, AllowedNetworks = networks })).Judge(IPAddress.Parse(address));
}
