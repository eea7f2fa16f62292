using System.Globalization;
using System.Text.Json;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>A member of the workspace with a key of its own.</summary>
public sealed record Member(string Id, string KeyId, string Token, Rest Rest);

/// <summary>A toolkit that a test made.</summary>
public sealed record Toolkit(string Id, string Slug, string Path);

/// <summary>
/// A whole deployment for one test class: Toolgate over real HTTP on a database of its own, and a real upstream. Everything below goes
/// through the REST API, as an administrator's script would.
/// </summary>
public sealed class World : IAsyncLifetime
{
    /// <summary>What the upstream lets in through shared connections.</summary>
    public const string OrgSecret = "org-canary-7f3c2d91e4b84a60";

    private int named;

    public ToolgateServer Server { get; private set; } = null!;

    public NotesApi Upstream { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>The owner of the workspace.</summary>
    public Rest Owner { get; private set; } = null!;

    /// <summary>Every byte that REST answered with, for the search for secrets.</summary>
    public AnswerRecorder Recorder { get; } = new();

    public static Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["Toolgate:Egress:AllowPrivateNetworks"] = "true",
        ["Toolgate:OAuth:RegistrationsPerHour"] = "10000",
        ["Logging:LogLevel:Default"] = "Debug",
    };

    /// <summary>Settings of this world alone; to be set before it begins.</summary>
    public Dictionary<string, string> More { get; } = new(StringComparer.Ordinal);

    public async Task InitializeAsync()
    {
        Upstream = await NotesApi.Start();
        Upstream.Keys[OrgSecret] = true;
        var settings = Settings;
        foreach (var (name, value) in More)
        {
            settings[name] = value;
        }

        Server = await ToolgateServer.Start(settings);
        Http = NewHttp(Server.BaseAddress);
        Owner = new Rest(Http, Server.OwnerKey);
    }

    public async Task DisposeAsync()
    {
        Http?.Dispose();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        if (Upstream is not null)
        {
            await Upstream.DisposeAsync();
        }
    }

    /// <summary>A client of another address, such as a second host.</summary>
    public HttpClient NewHttp(Uri address)
    {
        Recorder.InnerHandler ??= new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(1), AllowAutoRedirect = false };
        return new HttpClient(Recorder, disposeHandler: false) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) };
    }

    /// <summary>A name that no other test of this world has.</summary>
    public string Unique(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Interlocked.Increment(ref named)}");

    public Mcp Mcp(string path, string token) => new(Http, path, token);

    public string Url(string path) => new Uri(Server.BaseAddress, path).ToString();

    /// <summary>Adds a member with its own key.</summary>
    public async Task<Member> NewMember(string role = "member", params string[] scopes)
    {
        var member = (await Owner.Post("/api/members", new { name = Unique("member"), role })).Expect(201).Json;
        var id = member.GetProperty("id").GetString()!;
        var (keyId, token) = await NewKey(id, scopes);
        return new Member(id, keyId, token, new Rest(Http, token));
    }

    /// <summary>Issues one more key for a member.</summary>
    public async Task<(string Id, string Token)> NewKey(string memberId, params string[] scopes)
    {
        var key = (await Owner.Post("/api/account/api-keys", new { name = Unique("key"), memberId, scopes = scopes.Length == 0 ? null : scopes })).Expect(201).Json;
        return (key.GetProperty("id").GetString()!, key.GetProperty("value").GetString()!);
    }

    /// <summary>Imports the upstream's document by URL under a slug.</summary>
    public async Task<JsonElement> Import(string slug, string document = "openapi.json")
        => (await Owner.Post("/api/integrations/openapi", new { slug, name = "Notes", spec = new { url = $"{Upstream.Origin}/{document}" } })).Expect(201).Json;

    /// <summary>Connects to an integration with a key that the upstream knows; returns the connection's name as it is in addresses.</summary>
    public async Task<string> Connect(string integration, string name = "main", Rest? by = null, string owner = "org", string secret = OrgSecret)
    {
        Upstream.Keys[secret] = true;
        var template = (await (by ?? Owner).Get($"/api/integrations/{integration}")).Expect(200).Json.GetProperty("authTemplates").EnumerateArray()
            .First(candidate => candidate.GetProperty("kind").GetString() is "apiKey" or "api_key").GetProperty("slug").GetString();
        var connection = (await (by ?? Owner).Post("/api/connections", new { owner, integration, name, template, values = new { token = secret } })).Expect(201).Json;
        return connection.GetProperty("name").GetString()!;
    }

    /// <summary>The integration <c>notes</c> with the shared connection <c>main</c>; made on first use.</summary>
    public async Task Notes()
    {
        if ((await Owner.Get("/api/integrations/notes")).Status == 404)
        {
            await Import("notes");
            await Connect("notes");
        }
    }

    /// <summary>Makes a toolkit with grants.</summary>
    public async Task<Toolkit> NewToolkit(params string[] grants) => await NewToolkit(Owner, "org", grants);

    public async Task<Toolkit> NewToolkit(Rest by, string owner, params string[] grants)
    {
        var slug = Unique("kit");
        var toolkit = (await by.Post("/api/toolkits", new { owner, name = "Kit " + slug, slug })).Expect(201).Json;
        var made = new Toolkit(toolkit.GetProperty("id").GetString()!, slug, "/mcp/toolkits/" + slug);
        foreach (var pattern in grants)
        {
            (await by.Post($"/api/toolkits/{made.Id}/connections", new { pattern })).Expect(201);
        }

        return made;
    }

    /// <summary>Puts a policy on top of a toolkit's; returns its id.</summary>
    public async Task<string> Rule(Toolkit toolkit, string pattern, string action, Rest? by = null)
        => (await (by ?? Owner).Post($"/api/toolkits/{toolkit.Id}/policies", new { pattern, action })).Expect(201).Json.GetProperty("id").GetString()!;

    /// <summary>Puts a rule of the workspace (or of the caller) on top; returns its id.</summary>
    public async Task<string> Rule(string pattern, string action, bool enforced = false, Rest? by = null, string owner = "org")
        => (await (by ?? Owner).Post("/api/policies", owner == "org" ? new { owner, pattern, action, enforced } : new { owner, pattern, action }))
            .Expect(201).Json.GetProperty("id").GetString()!;

    /// <summary>Every event of the log, with the caller's eyes.</summary>
    public Task<IReadOnlyList<JsonElement>> Events(string query = "") => Owner.All("/api/audit/events?limit=1000" + query);

    /// <summary>Waits until the log shows an event of a type whose data is as it should be: records of calls are written in the background.</summary>
    public Task Event(string type, Func<JsonElement, bool> matches) => Eventually(
        async () => (await Events("&type=" + type)).Any(e => e.GetProperty("data") is { ValueKind: JsonValueKind.Object } data && matches(data)), $"an event {type}");

    /// <summary>Waits until a condition holds; asks again and again, because what it asks about happens elsewhere.</summary>
    public static Task Eventually(Func<Task<bool>> condition, string what) => Patience.Until(condition, what);
}

/// <summary>Remembers the text of every answer that passes.</summary>
public sealed class AnswerRecorder : DelegatingHandler
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> answers = new();

    /// <summary>Off by default: only one class of tests searches the answers.</summary>
    public bool On { get; set; }

    public IReadOnlyCollection<string> Answers => answers;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (On && response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            answers.Enqueue($"{request.Method} {request.RequestUri}\n{response.Headers}{await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        return response;
    }
}
