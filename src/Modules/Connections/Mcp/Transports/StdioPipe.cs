using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Toolgate.Connections;

/// <summary>
/// A server that is a process: one message a line. It ends politely when it can (its input is closed), by signal when it does not, and takes everything that
/// it started with it. What it says on its error output is read, so that it never blocks, bounded, and shown only with the connection's secrets hidden.
/// </summary>
internal sealed partial class StdioPipe : IPipe
{
    private const int Terminate = 15;
    private const int KillNow = 9;
    private const int TailBytes = 2_048;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly Process process;
    private readonly bool isGroup;
    private readonly int id;
    private readonly PreparedAuth auth;
    private readonly ILogger logger;
    private readonly Action<StdioPipe> ended;
    private readonly LineReader lines;
    private readonly Stream input;
    private int disposed;

    public StdioPipe(Process process, bool isGroup, PreparedAuth auth, int maxBytes, ILogger logger, Action<StdioPipe> ended)
    {
        this.process = process;
        this.isGroup = isGroup;
        this.auth = auth;
        this.logger = logger;
        this.ended = ended;
        id = process.Id;
        MaxBytes = maxBytes;
        input = process.StandardInput.BaseStream;
        lines = new LineReader(process.StandardOutput.BaseStream, maxBytes, long.MaxValue);
        _ = Task.Run(() => Drain(process.StandardError.BaseStream));
    }

    /// <inheritdoc/>
    public int MaxBytes { get; }

    /// <inheritdoc/>
    public TimeSpan DiscoveryPatience => TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> Read(CancellationToken cancellationToken) => lines.Next(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask Write(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        // Line ends cannot stand inside of JSON, only between its parts.
        var line = new byte[message.Length + 1];
        message.CopyTo(line);
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line[^1] = (byte)'\n';
        await input.WriteAsync(line, cancellationToken);
        await input.FlushAsync(cancellationToken);
    }

    /// <summary>Ends it at once, with everything that it started.</summary>
    public void Kill()
    {
        Signal(KillNow);
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            ended(this);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        try
        {
            await input.DisposeAsync();
        }
        catch (IOException)
        {
            // It does not read any more.
        }

        if (!await Exited())
        {
            Signal(Terminate);
            await Exited();
        }

        // Whether it went or not: what it started does not stay.
        Signal(KillNow);
        await Exited();
        ended(this);
        process.Dispose();
    }

    private async Task<bool> Exited()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Signal(int signal)
    {
        if (isGroup)
        {
            _ = Send(-id, signal);
            return;
        }

        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It is gone.
        }
    }

    private async Task Drain(Stream errors)
    {
        var buffer = new byte[TailBytes];
        var tail = "";
        try
        {
            while (await errors.ReadAsync(buffer) is > 0 and var read)
            {
                if (logger.IsEnabled(LogLevel.Debug))
                {
                    // Kept longer than shown, so that a secret at the cut is whole when it is looked for.
                    tail += Encoding.UTF8.GetString(buffer, 0, read);
                    tail = tail.Length > 4 * TailBytes ? tail[^(4 * TailBytes)..] : tail;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process is gone.
        }

        if (tail.Length > 0)
        {
            var masked = auth.Mask(tail, tail.Length);
            Log.Said(logger, id, masked.Length > TailBytes ? masked[^TailBytes..] : masked);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "The MCP server of process {Process} ended; the last it said on its error output: {Text}")]
        public static partial void Said(ILogger logger, int process, string text);
    }
}
