using System.Text;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Files below the folder <c>Toolgate:Secrets:Files</c>, as orchestrators mount them. Links inside the folder are followed (that is how a mounted
/// secret is replaced at one stroke), links out of it are not.
/// </summary>
internal sealed class FileSource(IOptions<SecretsOptions> options) : ISecretSource
{
    /// <summary>Its word.</summary>
    public const string Source = "file";

    private const int MaxBytes = 64 * 1024;
    private const int MaxLinks = 40;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public string Word => Source;

    /// <inheritdoc/>
    public bool Allows(SecretReference reference) => options.Value.Files is not null && SecretPath.IsPath(reference.Name);

    /// <inheritdoc/>
    public async ValueTask<string> Read(SecretReference reference, CancellationToken cancellationToken)
    {
        try
        {
            // What is opened is the path that was found to lie in the folder, which holds no link any more.
            var folder = Real(Path.GetFullPath(options.Value.Files!));
            var file = Real(Path.Combine(folder, reference.Name));
            if (!file.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new SecretSourceException("The file is a link out of the folder of secrets.");
            }

            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
            var bytes = new byte[MaxBytes + 1];
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return length <= MaxBytes ? Text(bytes.AsSpan(0, length)) : throw new SecretSourceException($"The file is larger than {MaxBytes} bytes.");
        }
        catch (FileNotFoundException)
        {
            throw new SecretSourceException("The file does not exist.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SecretSourceException($"The file cannot be read ({exception.GetType().Name}).");
        }
        catch (DecoderFallbackException)
        {
            throw new SecretSourceException("The file is no text in UTF-8.");
        }
    }

    /// <summary>Editors and <c>echo</c> end a file with a line end, which is no part of the secret.</summary>
    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = Strict.GetString(bytes);
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>The path without links, at any level of it.</summary>
    private static string Real(string path)
    {
        var links = 0;
        return Resolve(path);

        string Resolve(string part)
        {
            if (Path.GetDirectoryName(part) is not { } parent)
            {
                return part;
            }

            var real = Resolve(parent);
            var whole = Path.Combine(real, Path.GetFileName(part));
            return new FileInfo(whole).LinkTarget is not { } target ? whole
                : ++links > MaxLinks ? throw new SecretSourceException("The file leads through too many links.")
                : Resolve(Path.GetFullPath(target, real));
        }
    }
}

/// <summary>Names of secrets in folders and vaults.</summary>
internal static class SecretPath
{
    private const int MaxLength = 500;

    /// <summary>Whether it is segments of letters, digits, dots, dashes and underscores, none of which begins with a dot: nothing that leads up, is hidden, or means something in a URL.</summary>
    public static bool IsPath(string path) => path.Length is > 0 and <= MaxLength
        && Array.TrueForAll(path.Split('/'), part => part.Length > 0 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
}
