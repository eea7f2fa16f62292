using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>How the server listens: addresses, limits, proxies that are believed.</summary>
internal static class ServerConfiguration
{
    /// <summary>Where Toolgate listens when nothing is configured: this machine only.</summary>
    public const string DefaultAddress = "http://127.0.0.1:7300";

    private const int Kibibyte = 1024;
    private const int DefaultConnections = 20_000;
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Applies limits, the default address and the shutdown timeout.</summary>
    public static void ConfigureServer(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null
            && !configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultAddress);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var limits = kestrel.Limits;
            // What RequestGuard refuses with a body has to get through to it.
            limits.MaxRequestLineSize = 2 * RequestGuard.MaxRequestLine;
            limits.MaxRequestHeadersTotalSize = 2 * RequestGuard.MaxHeaderBytes;
            limits.MaxRequestHeaderCount = 2 * RequestGuard.MaxHeaders;
            limits.MaxConcurrentConnections = configuration.GetValue("Toolgate:MaxConnections", DefaultConnections) is > 0 and var most ? most : null;
            // For every endpoint that does not say otherwise: imports of API descriptions take more, MCP messages less.
            limits.MaxRequestBodySize = 32 * Kibibyte * Kibibyte;
            limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            limits.KeepAliveTimeout = TimeSpan.FromSeconds(120);
            limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

            // Counted over all that was written, what the system keeps for the reader included: a list of megabytes gets minutes and not hours.
            limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 16 * Kibibyte, gracePeriod: TimeSpan.FromSeconds(5));
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
    }

    /// <summary>
    /// Believes <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> from the proxies of <c>Toolgate:Proxies</c> (addresses or CIDR ranges),
    /// and from nobody when none is configured. <c>X-Forwarded-Host</c> is believed from them when it says one of the configured names: a proxy that does
    /// not set it passes on what its client made up.
    /// </summary>
    public static void UseConfiguredProxies(this WebApplication app)
    {
        var proxies = app.Configuration.GetSection("Toolgate:Proxies").Get<string[]>() ?? [];
        if (proxies.Length == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null,
        };
        var names = KnownHosts.From(app.Configuration).Names;
        if (names.Count > 0)
        {
            options.ForwardedHeaders |= ForwardedHeaders.XForwardedHost;
            options.AllowedHosts = [.. names];
        }

        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
            {
                options.KnownProxies.Add(address);
            }
            else if (System.Net.IPNetwork.TryParse(proxy, out var network))
            {
                options.KnownIPNetworks.Add(network);
            }
            else
            {
                throw new StartupFailureException($"Toolgate:Proxies holds '{proxy}', which is neither an IP address nor a range such as 10.0.0.0/8.");
            }
        }

        app.UseForwardedHeaders(options);
        app.Use(next => context =>
        {
            // It goes into addresses that are handed out, and a proxy that does not set it passes on what its client made up.
            if (context.Request.Scheme is not ("http" or "https"))
            {
                context.Request.Scheme = "http";
            }

            return next(context);
        });
    }
}
