using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Toolgate.EventStore;

namespace Toolgate.Host.Tests;

/// <summary>The file that lies next to the program lists every setting, and changes none.</summary>
public sealed class SettingsFileTests
{
    private static readonly string File = Path.Combine(AppContext.BaseDirectory, "appsettings.json");

    public static TheoryData<string> Settings =>
    [
        "urls", "DataDirectory", "PublicUrl", "BootstrapKey", "Proxies", "Toolkits", "AllowedOrigins", "Durability", "IdleTimeout", "MaxLive", "KeepAlive",
        "Lease", "Timeout", "MaxResponseBytes", "AllowPrivateNetworks", "AllowedNetworks", "ConnectTimeout", "MasterKey", "PreviousMasterKeys", "Environment", "Files", "Vault", "CacheTime", "Proxy", "ProxyCredentials", "NoProxy", "ProxyResolvesNames",
        "BinDirectory", "Settings", "OtlpEndpoint", "OtlpProtocol",
        .. typeof(EventStoreOptions).GetProperties().Select(property => property.Name),
    ];

    [Theory]
    [MemberData(nameof(Settings))]
    public void a_setting_is_listed_below_a_comment_that_explains_it(string name)
    {
        var lines = System.IO.File.ReadAllLines(File);
        var at = Array.FindIndex(lines, line => Regex.IsMatch(line, $"""\A\s*(//\s+)?"{name}": """));
        at.ShouldBeGreaterThan(0);
        // A comment may explain two neighbours.
        lines[(at - 2)..at].ShouldContain(line => line.TrimStart().StartsWith("// ", StringComparison.Ordinal));
    }

    [Fact]
    public void what_the_file_says_of_the_log_is_the_default()
    {
        var section = new ConfigurationBuilder().AddJsonFile(File).Build().GetSection("Toolgate:Log");
        var defaults = new EventStoreOptions();
        section.GetChildren().Count().ShouldBe(9);
        foreach (var setting in section.GetChildren())
        {
            var property = typeof(EventStoreOptions).GetProperty(setting.Key).ShouldNotBeNull(setting.Key);
            section.GetValue(property.PropertyType, setting.Key).ShouldBe(property.GetValue(defaults), setting.Key);
        }
    }
}
