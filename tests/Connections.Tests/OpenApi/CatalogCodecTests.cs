namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>The stored form.</summary>
public sealed class CatalogCodecTests
{
    private static readonly SourceCatalog Catalog = Documents.Import(Documents.Of("""
        { '/a/{p}': { get: { summary: 'Say "inputSchema": {}', parameters: [{ name: p, in: path, required: true, style: matrix, schema: {} }, { name: q, in: query, explode: false, allowReserved: true, schema: {} }, { name: k, in: query, content: { application/json: {} } }] },
              post: { requestBody: { content: { multipart/form-data: { schema: { properties: { f: { type: string, format: binary } } }, encoding: { g: { style: deepObject }, h: { contentType: text/csv } } } } } },
              trace: {} } }
        """, "components: { securitySchemes: { k: { type: apiKey, in: query, name: key }, o: { type: oauth2, flows: { implicit: { authorizationUrl: 'https://a.example', scopes: { s: S } } } } } }"));

    [Fact]
    public void what_is_decoded_is_what_was_encoded()
    {
        var encoded = CatalogCodec.Encode(Catalog);
        var decoded = CatalogCodec.Decode(encoded);
        CatalogCodec.Encode(decoded).ShouldBe(encoded);
        decoded.Tools.Length.ShouldBe(2);
        foreach (var (tool, original) in decoded.Tools.Zip(Catalog.Tools))
        {
            (tool.Name, tool.Title, tool.Description, tool.AsksByDefault, tool.ChangesSomething, tool.ApprovalText, tool.Digest)
                .ShouldBe((original.Name, original.Title, original.Description, original.AsksByDefault, original.ChangesSomething, original.ApprovalText, original.Digest));
            tool.InputSchema.ToArray().ShouldBe(original.InputSchema.ToArray());
            tool.ListingMembers.ToArray().ShouldBe(original.ListingMembers.ToArray());
            var (http, source) = (tool.Http(), original.Http());
            (http.Method, http.Path, http.Accept).ShouldBe((source.Method, source.Path, source.Accept));
            http.Servers.ShouldBe(source.Servers);
            http.ReservedQuery.ShouldBe(source.ReservedQuery);
            http.Parameters.ShouldBe(source.Parameters);
            (http.Body?.ContentType, http.Body?.Format).ShouldBe((source.Body?.ContentType, source.Body?.Format));
            (http.Body?.Fields ?? []).ShouldBe(source.Body?.Fields ?? []);
        }

        decoded.Diagnostics.ShouldBe(Catalog.Diagnostics);
        decoded.Servers.ShouldBe(Catalog.Servers);
        decoded.AuthTemplates.Select(template => (template.Slug, template.Placements.Length, template.Flows.Length)).ShouldBe(
            Catalog.AuthTemplates.Select(template => (template.Slug, template.Placements.Length, template.Flows.Length)));
    }

    [Fact]
    public void damage_is_told_and_never_half_a_catalog()
    {
        var encoded = CatalogCodec.Encode(Catalog);
        for (var length = 0; length < encoded.Length; length += 7)
        {
            Should.Throw<InvalidDataException>(() => CatalogCodec.Decode(encoded.AsMemory(0, length)));
        }
    }

    [Fact]
    public void equal_catalogs_have_one_key() =>
        CatalogCodec.KeyOf(CatalogCodec.Encode(Catalog)).ShouldBe(CatalogCodec.KeyOf(CatalogCodec.Encode(CatalogCodec.Decode(CatalogCodec.Encode(Catalog)))));
}
