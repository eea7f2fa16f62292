namespace Toolgate.Host;

/// <summary>The operating-system user that the server runs as: this process's own, unless that is root, which PostgreSQL refuses.</summary>
/// <param name="Name">Another user's name, or null for this process's.</param>
internal sealed record PostgresUser(string? Name)
{
    /// <summary>Chooses the user.</summary>
    /// <exception cref="StartupFailureException">This is root and the system has neither <c>postgres</c> nor <c>nobody</c>.</exception>
    public static async Task<PostgresUser> Choose(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new PostgresUser(Name: null);
        }

        foreach (var name in (string[])["postgres", "nobody"])
        {
            if ((await Command.RunTool("id", ["-u", name], user: null, cancellationToken)).ExitCode == 0)
            {
                return new PostgresUser(name);
            }
        }

        throw new StartupFailureException(
            "PostgreSQL refuses to run as root, and this system has no user 'postgres' or 'nobody' to run it as. "
            + "Start Toolgate as an ordinary user, or set ConnectionStrings:Toolgate to use a server of your own.");
    }

    /// <summary>Gives a folder to the user.</summary>
    public async Task Own(string folder, CancellationToken cancellationToken)
    {
        if (Name is not null)
        {
            var changed = await Command.RunTool("chown", ["-R", Name + ":", folder], user: null, cancellationToken);
            if (changed.ExitCode != 0)
            {
                throw new StartupFailureException($"The folder {folder} cannot be given to the user '{Name}' that PostgreSQL runs as: {changed.Errors.Trim()}");
            }
        }
    }

    /// <summary>Whether the user can get to an existing folder or file, that is, may pass every parent.</summary>
    public async Task<bool> CanReach(string path, CancellationToken cancellationToken)
        => Name is null || (await Command.RunTool("test", ["-x", path], Name, cancellationToken)).ExitCode == 0;
}
