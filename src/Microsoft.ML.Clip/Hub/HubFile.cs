using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Hub;

/// <summary>A file of a repository at a commit.</summary>
/// <param name="Path">Its path in the repository, with slashes.</param>
/// <param name="Size">Its size in bytes; null where only its end will tell.</param>
/// <param name="BlobId">The git-sha1 of the file, or of what stands for it in git where it is stored elsewhere (LFS).</param>
/// <param name="Sha256">The content's hash, for files stored outside of git.</param>
/// <param name="XetHash">The content's hash in the hub's newer storage; only carried along.</param>
internal sealed record HubFile(string Path, long? Size, string? BlobId, string? Sha256 = null, string? XetHash = null)
{
    /// <summary>The name of its blob in the cache, which is its ETag at the hub.</summary>
    public string? ETag => Sha256 ?? BlobId;

    /// <summary>The content of an ETag header: weak ones and strong ones name the same file.</summary>
    public static string? Normalize(string? etag)
    {
        if (etag is null) return null;
        if (etag.StartsWith("W/", StringComparison.Ordinal)) etag = etag[2..];
        return etag.Trim('"');
    }
}

/// <summary>What may become a part of a path or of an address, and what may not.</summary>
internal static partial class HubNames
{
    /// <summary>A repository, as the hub allows its name: <c>name</c> or <c>org/name</c>.</summary>
    public static bool IsRepository(string name) =>
        name.Length <= 200 && Repository().IsMatch(name)
        && !name.Contains("--", StringComparison.Ordinal) && !name.Contains("..", StringComparison.Ordinal)
        && !name.EndsWith(".git", StringComparison.Ordinal);

    public static bool IsCommit(string name) => Commit().IsMatch(name);

    /// <summary>The name of a blob: a hash, or what a server uses for one.</summary>
    public static bool IsETag(string name) => ETag().IsMatch(name) && name.Trim('.').Length > 0;

    /// <summary>
    /// Whether a path from a server stays below the folder it is put in, on every system: the rules are those of Hugging Face's clients,
    /// which read a name as Unix and as Windows would; and here no part may be empty, a dot, or hold a control character or a colon.
    /// </summary>
    public static bool IsSafePath(string path) =>
        path.Length is > 0 and <= 1024 && !path.Contains('\\', StringComparison.Ordinal)
        && path.Split('/').All(part => part is not ("" or "." or "..") && !part.Any(c => char.IsControl(c) || c == ':'));

    /// <summary>The folder of a repository in the cache.</summary>
    public static string Folder(string repository) => $"models--{repository.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>A path as a part of an address.</summary>
    public static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    [GeneratedRegex(@"\A[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?(?:/[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?)?\z")]
    private static partial Regex Repository();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Commit();

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]{1,128}\z")]
    private static partial Regex ETag();
}
