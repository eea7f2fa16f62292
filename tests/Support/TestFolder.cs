namespace Toolgate.TestSupport;

/// <summary>Folders of one test that vanish with it.</summary>
public sealed class TestFolder : IDisposable
{
    /// <summary>Makes an empty folder.</summary>
    public TestFolder() => Path = CreateShort();

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>A path below the folder.</summary>
    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>A new folder with a short path, so that sockets fit into it, and passable, so that a PostgreSQL under another user gets there.</summary>
    public static string CreateShort()
    {
        var folder = Directory.CreateTempSubdirectory("tg-").FullName;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    /// <summary>Removes a folder, if it is there.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Delete(Path);
}
