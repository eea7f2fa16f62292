namespace Toolgate.Connections;

/// <summary>
/// The introspection query in the words of each edition of the specification, the newest first: a server that does not know a word refuses
/// the whole query, and is then asked in older words.
/// </summary>
internal static class IntrospectionQueries
{
    /// <summary>Name of the operation.</summary>
    public const string OperationName = "IntrospectionQuery";

    private const string TypeDepth = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { "
        + "kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }";

    /// <summary>The queries, in the order in which they are tried.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Query("description", "specifiedByURL isOneOf", "(includeDeprecated: true)", " isDeprecated deprecationReason"),
        Query("description", "specifiedByURL", "(includeDeprecated: true)", " isDeprecated deprecationReason"),
        Query("", "", "", ""),
    ];

    private static string Query(string schema, string type, string inputs, string input) => $$"""
        query IntrospectionQuery {
          __schema {
            {{schema}}
            queryType { name }
            mutationType { name }
            subscriptionType { name }
            types {
              kind name description {{type}}
              fields(includeDeprecated: true) { name description args{{inputs}} { ...Input } type { ...Type } isDeprecated deprecationReason }
              inputFields{{inputs}} { ...Input }
              interfaces { name }
              enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
              possibleTypes { name }
            }
          }
        }
        fragment Input on __InputValue { name description type { ...Type } defaultValue{{input}} }
        fragment Type on __Type { {{TypeDepth}} }
        """;
}
