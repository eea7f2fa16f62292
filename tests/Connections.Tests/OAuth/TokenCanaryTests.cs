using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;
using Toolgate.Connections.Tests.Hosting;

namespace Toolgate.Connections.Tests.OAuth;

/// <summary>Codes, verifiers, states, tokens and secrets of clients are where they belong and nowhere else.</summary>
public sealed class TokenCanaryTests : IAsyncLifetime
{
    private readonly AuthorizationHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task After_authorizations_renewals_refusals_and_removals_nothing_holds_a_secret_of_theirs()
    {
        var traced = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => traced.Enqueue($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(listener);
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var answers = new List<string>();
        var slug = await host.Import(authority);
        await using var other = await Authority.Start();
        var server = await host.ImportServer(other);
        answers.Add((await host.Authorize(slug, ada)).Text);
        host.Clock.Advance(TimeSpan.FromHours(2));
        answers.Add((await host.Call(slug)).ToString()!);

        // Refusals are where secrets leak: a code twice, a foreign issuer, an endpoint that says everything back, an end.
        other.Consent = code => $"code={code}&iss=https%3A%2F%2Fother.example";
        answers.Add((await host.Authorize(server, ada)).Text);
        var begun = await host.Server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, 200);
        var back = await Person.Consent(begun["authorizationUrl"]!.GetValue<string>());
        authority.Lies["/token"] = async context =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(await new StreamReader(context.Request.Body).ReadToEndAsync());
        };
        answers.Add((await ada.Get(back)).Text);
        answers.Add((await ada.Get(back)).Text);
        authority.RevokeAccess();
        answers.Add((await host.Call(slug)).ToString()!);
        authority.Lies.Clear();
        authority.RevokeAll();
        var ended = await host.Call(slug);
        answers.Add(ended + ended.Error().Details());
        answers.Add((await host.Authorize(slug, ada)).Text);
        answers.Add((await host.Server.Api.Get("/api/oauth/clients")).ToJsonString());
        answers.Add((await host.Server.Api.Get("/api/connections")).ToJsonString());
        answers.Add((await host.Server.Api.Get("/api/audit/events?limit=1000")).ToJsonString());
        await host.Server.Api.Delete($"/api/connections/org/{slug}/main");

        var states = authority.Upstream.Requests.Where(request => request.Target.StartsWith("/authorize?", StringComparison.Ordinal))
            .Select(request => QueryHelpers.ParseQuery(request.Target[(request.Target.IndexOf('?', StringComparison.Ordinal) + 1)..])["state"].ToString());
        var verifiers = authority.Forms("/token").Where(form => form.ContainsKey("code_verifier")).Select(form => form["code_verifier"]);
        string[] secrets = ["canary-code-", "canary-access-", "canary-refresh-", Authority.Secret, .. states, .. verifiers];
        secrets.Length.ShouldBeGreaterThan(9);
        secrets.ShouldAllBe(secret => secret.Length > 8);
        answers.Add(await Tables());
        traced.ShouldContain(trace => trace.Contains("upstream call", StringComparison.Ordinal));
        answers.AddRange(traced);
        foreach (var secret in secrets)
        {
            foreach (var answer in answers)
            {
                Holds(answer, secret).ShouldBeFalse($"{secret} in {(answer.Length > 4_000 ? "a table or a long answer" : answer)}");
            }

            host.Server.Logs.Lines.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }

        foreach (var file in Directory.EnumerateFiles(host.Server.DataFolder, "*", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(file, Encoding.Latin1);
            secrets.ShouldAllBe(secret => !text.Contains(secret, StringComparison.Ordinal), file);
        }
    }

    private static bool Holds(string text, string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return text.Contains(secret, StringComparison.Ordinal) || text.Contains(WebUtility.UrlEncode(secret), StringComparison.Ordinal)
            || text.Contains(Convert.ToHexStringLower(bytes), StringComparison.OrdinalIgnoreCase);
    }

    private async Task<string> Tables()
    {
        await using var connection = new NpgsqlConnection(host.Server.Database.ConnectionString);
        await connection.OpenAsync();
        var names = new List<string>();
        await using (var list = new NpgsqlCommand("select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname in ('events', 'toolgate')", connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                names.Add(reader.GetString(0));
            }
        }

        var text = new StringBuilder();
        foreach (var name in names)
        {
            await using var read = new NpgsqlCommand($"select t::text from {name} t", connection);
            await using var rows = await read.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                text.AppendLine(rows.GetString(0));
            }
        }

        return text.ToString();
    }
}
