using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Toolgate.Access;

/// <summary>
/// What clients must know to let themselves be let in (RFC 8414). The endpoints stand at the root, where clients of 2025-03-26 look for them without asking.
/// </summary>
internal static class ServerMetadata
{
    public const string WellKnown = "/.well-known/oauth-authorization-server";

    public static void Map(IEndpointRouteBuilder endpoints, PublicAddress address, ClientDocuments documents)
        => endpoints.MapOpen("GET", WellKnown, context => Serve(context, address, documents.Enabled));

    private static Task Serve(HttpContext context, PublicAddress address, bool readsDocuments)
    {
        var issuer = address.Of(context.Request);
        context.Response.Headers.CacheControl = "max-age=300";
        return OAuthEndpoints.Json(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("issuer"u8, issuer);
            json.WriteString("authorization_endpoint"u8, issuer + "/authorize");
            json.WriteString("token_endpoint"u8, issuer + "/token");
            json.WriteString("registration_endpoint"u8, issuer + "/register");
            json.WriteString("revocation_endpoint"u8, issuer + "/revoke");
            Write(json, "response_types_supported", "code");
            Write(json, "response_modes_supported", "query");
            Write(json, "grant_types_supported", "authorization_code", "refresh_token");
            Write(json, "code_challenge_methods_supported", "S256");

            // Some clients take the first, whether they have a secret or not; both ways take an empty one from a public client.
            Write(json, "token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "none");
            Write(json, "revocation_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "none");
            Write(json, "scopes_supported", GrantScopes.Use, GrantScopes.Read, GrantScopes.Offline);
            json.WriteBoolean("client_id_metadata_document_supported"u8, readsDocuments);
            json.WriteBoolean("authorization_response_iss_parameter_supported"u8, true);
        });
    }

    private static void Write(Utf8JsonWriter json, string name, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
