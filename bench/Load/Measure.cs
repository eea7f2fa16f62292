using System.Diagnostics;

namespace Toolgate.Bench;

/// <summary>Times, in microseconds.</summary>
internal sealed class Times(double[] sorted)
{
    public double P50 => At(0.50);

    public double P99 => At(0.99);

    public int Count => sorted.Length;

    public static Times Of(IEnumerable<double> microseconds)
    {
        var all = microseconds.ToArray();
        Array.Sort(all);
        return new Times(all);
    }

    public double At(double quantile) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(quantile * sorted.Length))];
}

/// <summary>Sends requests and counts.</summary>
internal static class Measure
{
    /// <summary>One request after the other, on one connection.</summary>
    public static async Task<double[]> Sequential(Connection connection, byte[] request, int count)
    {
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            var from = Stopwatch.GetTimestamp();
            var status = await connection.Send(request);
            times[i] = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
            Expect(status, connection);
        }

        return times;
    }

    /// <summary>Requests each second over <paramref name="connections"/> connections for <paramref name="seconds"/>.</summary>
    public static async Task<double> Throughput(Uri address, byte[] request, int connections, double seconds)
    {
        var open = new List<Connection>();
        for (var i = 0; i < connections; i++)
        {
            open.Add(await Connection.Open(address));
        }

        var total = 0L;
        var until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(open.Select(connection => Task.Run(async () =>
        {
            var mine = 0L;
            while (Stopwatch.GetTimestamp() < until)
            {
                Expect(await connection.Send(request), connection);
                mine++;
            }

            Interlocked.Add(ref total, mine);
        })));
        var rate = total / Stopwatch.GetElapsedTime(from).TotalSeconds;
        foreach (var connection in open)
        {
            await connection.DisposeAsync();
        }

        return rate;
    }

    /// <summary>A measurement of failures is worth nothing.</summary>
    public static void Expect(int status, Connection connection)
    {
        if (status is < 200 or > 299 || connection.Body.Span.IndexOf("\"isError\":true"u8) >= 0 || connection.Body.Span.IndexOf("\"error\":{"u8) >= 0)
        {
            throw new InvalidOperationException(
                $"Expected success, got {status}: {System.Text.Encoding.UTF8.GetString(connection.Body.Span[..Math.Min(connection.Body.Length, 600)])}");
        }
    }
}
