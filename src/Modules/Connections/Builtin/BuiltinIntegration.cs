namespace Toolgate.Connections;

/// <summary>The integration <c>toolgate</c>: always there, in no stream of the log, not to be changed or removed.</summary>
internal static class BuiltinIntegration
{
    private const string Name = "Toolgate";
    private const string Description = "The management of this deployment. Its tools are granted by name (toolgate.*) in a toolkit, and calling one takes the scope manage.";

    /// <summary>How other modules see it.</summary>
    public static IntegrationSummary Summary(int toolCount) => new(IManagementApi.Slug, "builtin", Name, toolCount);

    /// <summary>How REST shows it.</summary>
    public static IntegrationBody Body(int toolCount) => new(
        IManagementApi.Slug, "builtin", Name, Description, null, null, [], toolCount, [], false, CanRemove: false, CanRefresh: false, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, Version: 1);
}
