using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Toolgate.EventStore;

/// <summary>Signed heads outside the database, a line each, only ever appended: whoever rewrites the database does not reach them.</summary>
internal sealed class WitnessFile(IOptions<EventStoreOptions> options) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);

    private string Location => Path.Combine(options.Value.DataDirectory, "checkpoints.ndjson");

    public async Task Append(SignedHead signed, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            Directory.CreateDirectory(options.Value.DataDirectory);
            await using var file = new FileStream(Location, CheckpointKeys.PrivateFile(FileMode.Append));
            await JsonSerializer.SerializeAsync(file, signed, EventTypes.Json, cancellationToken);
            file.WriteByte((byte)'\n');
            file.Flush(flushToDisk: true);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<List<SignedHead>> Read(CancellationToken cancellationToken)
    {
        var heads = new List<SignedHead>();
        if (File.Exists(Location))
        {
            await foreach (var line in File.ReadLinesAsync(Location, cancellationToken))
            {
                if (Parse(line) is { } head)
                {
                    heads.Add(head);
                }
            }
        }

        return heads;
    }

    public void Dispose() => gate.Dispose();

    private static SignedHead? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<SignedHead>(line, EventTypes.Json);
        }
        catch (JsonException)
        {
            // The last line of a host that was killed while it wrote.
            return null;
        }
    }
}
