using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>Which grants speak of builtin tools: those that name them. A <c>*</c> that somebody wrote for their APIs never hands out the management.</summary>
internal static class BuiltinGrants
{
    /// <summary>Whether the pattern's first segment is <c>toolgate</c>, literally.</summary>
    public static bool IsOne(Pattern pattern) => pattern.Text.StartsWith(IManagementApi.Slug + ".", StringComparison.Ordinal);
}
