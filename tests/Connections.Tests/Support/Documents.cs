namespace Toolgate.Connections.Tests;

/// <summary>Small OpenAPI documents.</summary>
internal static class Documents
{
    /// <summary>Issues of a tracker at <paramref name="server"/>: list, create, read, raw file, no credentials declared.</summary>
    public static string Tracker(string server, string extra = "", string security = "") => $$$"""
        {
          "openapi": "3.1.0",
          "info": {"title": "Tracker", "version": "1", "description": "Issues."},
          "servers": [{"url": "{{{server}}}"}],
          {{{security}}}
          "paths": {
            {{{extra}}}
            "/issues": {
              "get": {"tags": ["issues"], "operationId": "listIssues", "summary": "Lists issues",
                "parameters": [{"name": "state", "in": "query", "schema": {"type": "string"} }],
                "responses": {"200": {"description": "ok"} } },
              "post": {"tags": ["issues"], "operationId": "createIssue", "summary": "Creates an issue",
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"} } } } } },
                "responses": {"201": {"description": "made"} } }
            },
            "/issues/{id}": {
              "get": {"tags": ["issues"], "operationId": "getIssue", "summary": "Reads an issue",
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"} }],
                "responses": {"200": {"description": "ok"} } }
            }
          }
        }
        """;
}
