using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>What a client learned when it connected.</summary>
public sealed record Connected(string? Era, string? ProtocolVersion, string? SessionId, string ServerName, string? Instructions);

/// <summary>A tool as a client lists it.</summary>
public sealed record ListedTool(string Name, string Address, JsonElement Raw);

/// <summary>The result of a call.</summary>
public sealed record Called(bool IsError, string Text, JsonElement? Structured, JsonElement Raw)
{
    /// <summary>The stable code of a tool error.</summary>
    public string? ErrorCode => IsError && Structured is { } value ? value.GetProperty("error").GetProperty("code").GetString() : null;
}

/// <summary>A call or listing that the server answered with a JSON-RPC error or an HTTP status.</summary>
public sealed class RefusedException(string message, int? code, int? status) : Exception(message)
{
    public int? Code { get; } = code;

    public int? Status { get; } = status;
}

/// <summary>An official MCP client, connected to one URL.</summary>
public interface IMcpClient : IAsyncDisposable
{
    Task<Connected> Connect(string url, string? token);

    /// <summary>The listed tools, without <see cref="McpClients.Added"/>.</summary>
    Task<IReadOnlyList<ListedTool>> List();

    /// <exception cref="RefusedException">The server refused with a protocol error.</exception>
    Task<Called> Call(string name, string arguments = "{}");

    /// <summary>Makes sure that change notifications arrive from now on.</summary>
    Task Listen();

    /// <summary>Waits until so many <c>list_changed</c> came since the start.</summary>
    Task Changes(int count);

    Task Close();
}

/// <summary>The official clients, each in every era that it speaks.</summary>
public static class McpClients
{
    /// <summary>What Toolgate adds to a list where one of the tools asks for approval.</summary>
    public const string Added = "resume_approval";

    public const string TypeScriptOne = "TypeScript SDK v1";
    public const string TypeScriptTwoLegacy = "TypeScript SDK v2, 2025 era";
    public const string TypeScriptTwoModern = "TypeScript SDK v2, pinned to 2026-07-28";
    public const string TypeScriptTwoAuto = "TypeScript SDK v2, negotiating";
    public const string CSharpLegacy = "C# SDK, 2025-11-25";
    public const string CSharpModern = "C# SDK, negotiating";

    public static TheoryData<string> All { get; } = [TypeScriptOne, TypeScriptTwoLegacy, TypeScriptTwoModern, TypeScriptTwoAuto, CSharpLegacy, CSharpModern];

    /// <summary>The clients that can wait for change notifications: every one, over its own kind of stream.</summary>
    public static TheoryData<string> Listening { get; } = [TypeScriptOne, TypeScriptTwoLegacy, TypeScriptTwoModern, CSharpLegacy];

    public static bool IsModern(string client) => client is TypeScriptTwoModern or TypeScriptTwoAuto or CSharpModern;

    public static async Task<IMcpClient> Start(string client) => client switch
    {
        TypeScriptOne => await NodeClient.Start("v1.mjs", null),
        TypeScriptTwoLegacy => await NodeClient.Start("v2.mjs", "legacy"),
        TypeScriptTwoModern => await NodeClient.Start("v2.mjs", new { pin = Mcp.Modern }),
        TypeScriptTwoAuto => await NodeClient.Start("v2.mjs", "auto"),
        CSharpLegacy => new CSharpClient(Mcp.Legacy),
        CSharpModern => new CSharpClient(null),
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, null),
    };

    /// <summary>Starts a client and connects it.</summary>
    public static async Task<IMcpClient> Connect(string client, string url, string? token)
    {
        var started = await Start(client);
        await started.Connect(url, token);
        return started;
    }

    internal static Called ResultOf(JsonElement result)
    {
        var text = string.Join('\n', result.GetProperty("content").EnumerateArray()
            .Where(block => block.GetProperty("type").GetString() == "text").Select(block => block.GetProperty("text").GetString()));
        return new Called(
            result.TryGetProperty("isError", out var error) && error.ValueKind == JsonValueKind.True,
            text,
            result.TryGetProperty("structuredContent", out var structured) && structured.ValueKind != JsonValueKind.Null ? structured : null,
            result);
    }
}
