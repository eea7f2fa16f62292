using System.Net.Sockets;
using System.Text;

namespace Toolgate.Host.Tests;

/// <summary>HTTP by hand: what a client library would correct or refuse to send.</summary>
internal static class RawHttp
{
    /// <summary>Sends a request and reads until the server closes. <paramref name="head"/> is the request line and headers, without the last empty line.</summary>
    public static async Task<RawAnswer> Send(Uri address, string head, string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        var bytes = Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\nConnection: close\r\n\r\n" + body);
        try
        {
            await stream.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // Refused before it was all sent; the answer is there all the same.
        }

        using var answer = new MemoryStream();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // Cut after the answer.
        }

        return RawAnswer.Parse(Encoding.UTF8.GetString(answer.ToArray()));
    }
}

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, Dictionary<string, string> Headers, string Body)
{
    public static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        end.ShouldBeGreaterThan(0, "no answer");
        var lines = text[..end].Split("\r\n");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new RawAnswer(int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), headers, text[(end + 4)..]);
    }
}
