using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>Codes of faults in a manifest: stable, in snake_case. docs/plugins.md lists <see cref="All"/>, and a test compares the two.</summary>
internal static class PluginFaultCodes
{
    public const string BodyNotAllowed = "body_not_allowed";
    public const string CapabilityMissing = "capability_missing";
    public const string ContradictoryHints = "contradictory_hints";
    public const string DocumentTooLarge = "document_too_large";
    public const string Duplicate = "duplicate";
    public const string DuplicateMember = "duplicate_member";
    public const string HostNotAllowed = "host_not_allowed";
    public const string InlineSecret = "inline_secret";
    public const string InsecureUrl = "insecure_url";
    public const string InvalidArguments = "invalid_arguments_place";
    public const string InvalidAuth = "invalid_auth_type";
    public const string InvalidDefault = "invalid_default";
    public const string InvalidEnum = "invalid_enum";
    public const string InvalidHeader = "invalid_header";
    public const string InvalidHost = "invalid_host";
    public const string InvalidId = "invalid_id";
    public const string InvalidKeyword = "invalid_keyword";
    public const string InvalidMethod = "invalid_method";
    public const string InvalidName = "invalid_name";
    public const string InvalidPath = "invalid_path";
    public const string InvalidPattern = "invalid_pattern";
    public const string InvalidPropertyName = "invalid_property_name";
    public const string InvalidText = "invalid_text";
    public const string InvalidTimeout = "invalid_timeout";
    public const string InvalidUnicode = "invalid_unicode";
    public const string InvalidUrl = "invalid_url";
    public const string InvalidVersion = "invalid_version";
    public const string KeywordNotForType = "keyword_not_for_type";
    public const string MalformedJson = "malformed_json";
    public const string MinOverMax = "min_over_max";
    public const string NumberOutOfRange = "number_out_of_range";
    public const string ParameterUnbound = "path_parameter_unbound";
    public const string PrivateAddress = "private_address";
    public const string QueryNeedsScalars = "query_needs_scalars";
    public const string Required = "required";
    public const string RequiredUndeclared = "required_undeclared";
    public const string ReservedId = "reserved_id";
    public const string RootNotObject = "root_not_object";
    public const string SchemaTooDeep = "schema_too_deep";
    public const string SchemaTooLarge = "schema_too_large";
    public const string SchemaTooManyNodes = "schema_too_many_nodes";
    public const string TooDeep = "too_deep";
    public const string TooMany = "too_many";
    public const string UnknownCapability = "unknown_capability";
    public const string UnknownMember = "unknown_member";
    public const string UnknownRoute = "unknown_route";
    public const string UnknownType = "unknown_type";
    public const string UnsupportedKeyword = "unsupported_keyword";
    public const string UnsupportedManifestVersion = "unsupported_manifest_version";
    public const string WrongType = "wrong_type";

    /// <summary>Every code, ordered bytewise.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        .. typeof(PluginFaultCodes).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
    ];
}
