using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Turns tools of validated manifests into definitions, and says by which digest a person approves them.</summary>
internal static class PluginCompiler
{
    private static readonly JsonWriterOptions Unchecked = new() { SkipValidation = true };

    /// <summary>
    /// What a person approves, canonical: everything that a caller reads or that decides where a call and its credential go. The name of the route, its
    /// timeout and <c>public</c> are not in it.
    /// </summary>
    public static byte[] Approved(PluginManifest manifest, ManifestTool tool)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output, Unchecked))
        {
            json.WriteStartObject();
            json.WriteString("plugin"u8, manifest.Id);
            json.WriteString("name"u8, tool.Name);
            json.WriteString("title"u8, tool.Title);
            json.WriteString("description"u8, tool.Description);
            json.WritePropertyName("inputSchema"u8);
            json.WriteRawValue(tool.InputSchema.Span, skipInputValidation: true);
            json.WritePropertyName("outputSchema"u8);
            json.WriteRawValue(tool.OutputSchema.IsEmpty ? "null"u8 : tool.OutputSchema.Span, skipInputValidation: true);
            json.WriteBoolean("destructive"u8, tool.Destructive);
            json.WriteBoolean("readOnly"u8, tool.ReadOnly);
            json.WriteString("method"u8, tool.Route.Method);
            json.WriteString("path"u8, tool.Route.Path);
            json.WriteString("arguments"u8, tool.Route.InQuery ? "query"u8 : "body"u8);
            json.WriteString("baseUrl"u8, manifest.Service.BaseUrl);
            WriteTexts(json, "allowedHosts"u8, manifest.Service.AllowedHosts);
            json.WriteStartObject("auth"u8);
            json.WriteString("type"u8, manifest.Service.Auth.Type);
            json.WriteString("header"u8, manifest.Service.Auth.Header?.ToLowerInvariant());
            json.WriteString("tokenUrl"u8, manifest.Service.Auth.TokenUrl);
            WriteTexts(json, "scopes"u8, manifest.Service.Auth.Scopes);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(output.WrittenMemory);
        return CanonicalJson.Of(document.RootElement);
    }

    /// <summary>The digest by which a person approves: SHA-256 of <see cref="Approved"/>, lower-case hex.</summary>
    public static string DigestOf(PluginManifest manifest, ManifestTool tool) => Convert.ToHexStringLower(SHA256.HashData(Approved(manifest, tool)));

    /// <summary>The definition of a tool.</summary>
    public static ToolDefinition Compile(PluginManifest manifest, ManifestTool tool) => new()
    {
        Name = tool.Name,
        Title = tool.Title,
        Description = tool.Description,
        AsksByDefault = tool.Destructive,
        ApprovalText = tool.Title ?? tool.Name,
        ChangesSomething = !tool.ReadOnly,
        Access = ToolAccess.Admins,
        UpstreamName = PluginWireName.Of(manifest.Id, tool.Name),
        InputSchema = tool.InputSchema,
        OutputSchema = tool.OutputSchema,
        ListingMembers = ToolDefinition.RenderListingMembers(
            tool.Title, tool.Description, tool.InputSchema, tool.OutputSchema, tool.ReadOnly, tool.Destructive, idempotent: tool.ReadOnly),
        Digest = DigestOf(manifest, tool),
        Binding = new PluginBinding
        {
            Plugin = manifest.Id,
            WireName = PluginWireName.Of(manifest.Id, tool.Name),
            Method = tool.Route.Method,
            BaseUrl = manifest.Service.BaseUrl,
            Path = PathTemplate.Parse(tool.Route.Path) ?? throw new InvalidOperationException("The path was not validated."),
            InQuery = tool.Route.InQuery,
            Timeout = tool.Route.TimeoutMs is { } timeout ? TimeSpan.FromMilliseconds(timeout) : null,
            AllowedHosts = manifest.Service.AllowedHosts,
            Output = tool.OutputSchema.IsEmpty ? null : CompiledSchema.Compile(tool.OutputSchema).Schema ?? throw new InvalidOperationException("The schema was not validated."),
        },
    };

    /// <summary>The templates of a manifest: one that supplies what the service takes, or <c>none</c>.</summary>
    public static ImmutableArray<AuthTemplate> Templates(PluginAuth auth) => auth.Type switch
    {
        "bearer" => [new("bearer", AuthKind.ApiKey, auth.SecretRef, [new Placement(Carrier.Header, "Authorization", "Bearer ", AuthTemplateRules.Token)])],
        "header" => [new("header", AuthKind.ApiKey, auth.SecretRef, [new Placement(Carrier.Header, auth.Header!, null, AuthTemplateRules.Token)])],
        "basic" => [new("basic", AuthKind.Basic, auth.SecretRef, [])],
        "oauth2-client" => [new("oauth2-client", AuthKind.OAuth2, auth.SecretRef, []) { Flows = [new AuthFlow("clientCredentials", null, auth.TokenUrl, null, auth.Scopes)] }],
        _ => [AuthTemplate.None],
    };

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
