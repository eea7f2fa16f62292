namespace Toolgate.Acceptance.Tests;

/// <summary>The two documents of <see cref="NotesApi"/>: OpenAPI 3.0 as JSON with every operation, and 3.1 as YAML with the reading ones.</summary>
public static class NotesDocuments
{
    /// <summary>A PNG of one pixel.</summary>
    public static byte[] Picture { get; } = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    /// <summary>Names of the tools that <see cref="Json"/> gives, with arguments that each accepts.</summary>
    public static IReadOnlyDictionary<string, string> Tools { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["notes.listAll"] = """{"limit":2}""",
        ["notes.create"] = """{"body":{"title":"From a test"}}""",
        ["notes.read"] = """{"id":"1"}""",
        ["notes.replace"] = """{"id":"1","body":{"title":"Replaced"}}""",
        ["notes.delete"] = """{"id":"1"}""",
        ["trials.fail"] = """{"status":503}""",
        ["trials.big"] = """{"bytes":10}""",
        ["trials.picture"] = "{}",
    };

    public static string Json(string origin) => $$"""
        {
          "openapi": "3.0.3",
          "info": { "title": "Notes", "version": "1.0.0", "description": "Keeps notes." },
          "servers": [{ "url": "{{origin}}/v1" }],
          "security": [{ "key": [] }],
          "paths": {
            "/notes": {
              "get": {
                "operationId": "notesListAll", "tags": ["notes"], "summary": "List notes",
                "parameters": [
                  { "name": "tag", "in": "query", "schema": { "type": "string" } },
                  { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 100 } },
                  { "name": "X-Request-Label", "in": "header", "schema": { "type": "string" } }
                ],
                "responses": { "200": { "description": "Notes.", "content": { "application/json": { "schema": {
                  "type": "object", "required": ["items", "total"],
                  "properties": { "items": { "type": "array", "items": { "$ref": "#/components/schemas/Note" } }, "total": { "type": "integer" } } } } } } }
              },
              "post": {
                "operationId": "notesCreate", "tags": ["notes"], "summary": "Create a note",
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewNote" } } } },
                "responses": { "201": { "description": "The note.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } } }
              }
            },
            "/notes/{id}": {
              "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
              "get": {
                "operationId": "notesRead", "tags": ["notes"], "summary": "Read a note",
                "responses": { "200": { "description": "The note.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } } }
              },
              "put": {
                "operationId": "notesReplace", "tags": ["notes"], "summary": "Replace a note",
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewNote" } } } },
                "responses": { "200": { "description": "The note." } }
              },
              "delete": { "operationId": "notesDelete", "tags": ["notes"], "summary": "Delete a note", "responses": { "204": { "description": "Gone." } } }
            },
            "/slow": { "get": { "operationId": "trialsSlow", "tags": ["trials"], "summary": "Answer late", "responses": { "200": { "description": "Done." } } } },
            "/slow-changes": { "post": { "operationId": "trialsSlowChange", "tags": ["trials"], "summary": "Change something, late", "responses": { "200": { "description": "Done." } } } },
            "/big": {
              "get": {
                "operationId": "trialsBig", "tags": ["trials"], "summary": "Answer at length",
                "parameters": [{ "name": "bytes", "in": "query", "required": true, "schema": { "type": "integer" } }],
                "responses": { "200": { "description": "Text.", "content": { "text/plain": { "schema": { "type": "string" } } } } }
              }
            },
            "/failures/{status}": {
              "get": {
                "operationId": "trialsFail", "tags": ["trials"], "summary": "Answer with a status",
                "parameters": [{ "name": "status", "in": "path", "required": true, "schema": { "type": "integer" } }],
                "responses": { "200": { "description": "Never." } }
              }
            },
            "/picture": {
              "get": {
                "operationId": "trialsPicture", "tags": ["trials"], "summary": "Answer with a picture",
                "responses": { "200": { "description": "A picture.", "content": { "image/png": { "schema": { "type": "string", "format": "binary" } } } } }
              }
            }
          },
          "components": {
            "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "{{NotesApi.KeyHeader}}" } },
            "schemas": {
              "NewNote": {
                "type": "object", "required": ["title"],
                "properties": { "title": { "type": "string", "minLength": 1, "maxLength": 200 }, "text": { "type": "string" }, "tag": { "type": "string", "nullable": true } }
              },
              "Note": {
                "type": "object", "required": ["id", "title"],
                "properties": { "id": { "type": "string" }, "title": { "type": "string" }, "text": { "type": "string" }, "tag": { "type": "string", "nullable": true } }
              }
            }
          }
        }
        """;

    public static string Yaml(string origin) => $$"""
        openapi: 3.1.0
        info:
          title: Notes, read only
          version: 1.1.0
        servers:
          - url: {{origin}}/v1
        security:
          - key: []
        paths:
          /notes:
            get:
              operationId: notesListAll
              tags: [notes]
              summary: List notes
              parameters:
                - { name: tag, in: query, schema: { type: [string, "null"] } }
              responses:
                "200": { description: Notes. }
          /notes/{id}:
            get:
              operationId: notesRead
              tags: [notes]
              summary: Read a note
              parameters:
                - { name: id, in: path, required: true, schema: { type: string } }
              responses:
                "200": { description: The note. }
        components:
          securitySchemes:
            key: { type: apiKey, in: header, name: {{NotesApi.KeyHeader}} }
        """;
}
