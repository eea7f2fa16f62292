using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Toolgate.Access.Tests;

public sealed class ClientDocumentsTests : IDisposable
{
    private const string Address = "https://client.example/client.json";
    private readonly Shelf shelf = new();
    private readonly Clock clock = new();
    private ClientDocuments? documents;

    public void Dispose() => documents?.Dispose();

    [Fact]
    public async Task A_document_is_fetched_once_while_it_lives_and_again_after_that()
    {
        shelf.Lifetime = TimeSpan.FromMinutes(10);
        (await Find()).ShouldNotBeNull().Name.ShouldBe("Client");
        clock.Now += TimeSpan.FromMinutes(9);
        (await Find()).ShouldNotBeNull();
        shelf.Asked.ShouldBe([Address]);

        clock.Now += TimeSpan.FromMinutes(2);
        shelf.Name = "Renamed";
        (await Find()).ShouldNotBeNull().Name.ShouldBe("Renamed");
        shelf.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        shelf.Fault = "down";
        (await Find()).ShouldBeNull();
        shelf.Fault = null;
        (await Find()).ShouldNotBeNull();
    }

    [Fact]
    public async Task Many_who_ask_at_once_wait_for_one_fetch()
    {
        var release = new TaskCompletionSource();
        shelf.Until = release.Task;
        var all = Enumerable.Range(0, 20).Select(_ => Find()).ToList();
        release.SetResult();
        (await Task.WhenAll(all)).ShouldAllBe(client => client != null);
        shelf.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_gives_up_does_not_take_the_document_from_others()
    {
        var release = new TaskCompletionSource();
        shelf.Until = release.Task;
        using var gone = new CancellationTokenSource();
        var impatient = Find(cancellationToken: gone.Token);
        var patient = Find();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => impatient);
        release.SetResult();
        (await patient).ShouldNotBeNull();
    }

    [Fact]
    public async Task Fetches_are_bounded()
    {
        shelf.Fault = "down";
        for (var i = 0; i < 200; i++)
        {
            await Find($"https://client.example/{i}/client.json");
        }

        // 60 at once, and one a second for as long as the loop takes.
        shelf.Asked.Count.ShouldBeLessThan(200);
    }

    [Fact]
    public async Task Where_the_operator_names_hosts_others_are_not_asked()
    {
        Options(new OAuthOptions { ClientDocumentHosts = ["trusted.example"] });
        (await Find()).ShouldBeNull();
        shelf.Asked.ShouldBeEmpty();
        (await Find("https://trusted.example/client.json")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Where_the_operator_wants_no_documents_nobody_is_asked()
    {
        Options(new OAuthOptions { ClientDocuments = false });
        (await Find()).ShouldBeNull();
        shelf.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("cli_x")]
    [InlineData("http://client.example/a")]
    [InlineData("https://client.example/a/../b")]
    public async Task What_is_no_address_is_not_asked(string id)
    {
        (await Find(id)).ShouldBeNull();
        shelf.Asked.ShouldBeEmpty();
    }

    private void Options(OAuthOptions options)
        => documents = new ClientDocuments(shelf, Microsoft.Extensions.Options.Options.Create(new AccessOptions { OAuth = options }), clock, NullLogger<ClientDocuments>.Instance);

    private Task<Client?> Find(string id = Address, CancellationToken cancellationToken = default)
    {
        if (documents is null)
        {
            Options(new OAuthOptions());
        }

        return documents!.Find(id, cancellationToken);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>Where documents are got from.</summary>
    private sealed class Shelf : IGuardedFetch
    {
        public List<string> Asked { get; } = [];

        public string? Fault { get; set; }

        public string Name { get; set; } = "Client";

        public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

        public Task Until { get; set; } = Task.CompletedTask;

        public async Task<Fetched> Get(Uri url, int maxBytes, CancellationToken cancellationToken)
        {
            lock (Asked)
            {
                Asked.Add(url.AbsoluteUri);
            }

            await Until;
            return Fault is { } fault
                ? Fetched.Failed(fault)
                : new Fetched(Encoding.UTF8.GetBytes($$"""{"client_id":"{{url.AbsoluteUri}}","client_name":"{{Name}}","redirect_uris":["https://client.example/back"]}"""), Lifetime, null);
        }
    }
}
