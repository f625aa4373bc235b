using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip.Hub.Tests.Server;

/// <summary>A repository of the test server: commits of files, and branches that name commits.</summary>
internal sealed class HubRepo(string name)
{
    /// <summary>Files of these kinds are stored outside of git, as the hub's <c>.gitattributes</c> say.</summary>
    private static readonly string[] Large = [".onnx", ".safetensors", ".bin", ".onnx_data", ".data", ".weights", ".model"];

    public string Name => name;

    public bool IsGated { get; set; }

    public bool IsPrivate { get; set; }

    public Dictionary<string, string> Branches { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SortedDictionary<string, byte[]>> Commits { get; } = new(StringComparer.Ordinal);

    public string Head => Branches["main"];

    public SortedDictionary<string, byte[]> Files => Commits[Head];

    /// <summary>A new commit of a branch.</summary>
    public string Commit(IEnumerable<KeyValuePair<string, byte[]>> files, string branch = "main")
    {
        var all = new SortedDictionary<string, byte[]>(new Dictionary<string, byte[]>(files), StringComparer.Ordinal);
        var id = GitSha1(Encoding.UTF8.GetBytes(name + Commits.Count + string.Concat(all.Select(file => file.Key + GitSha1(file.Value)))));
        Commits[id] = all;
        Branches[branch] = id;
        return id;
    }

    /// <summary>A new commit of all files of a folder.</summary>
    public string CommitFolder(string folder, string branch = "main") => Commit(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => KeyValuePair.Create(
            Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllBytes(path))),
        branch);

    public string? Resolve(string revision) =>
        Branches.GetValueOrDefault(revision) ?? (Commits.ContainsKey(revision) ? revision : null);

    public static bool IsLarge(string path) => Large.Contains(Path.GetExtension(path));

    public static string Sha256(byte[] content) => Hex(SHA256.HashData(content));

    /// <summary>The name that git gives the content of a file.</summary>
#pragma warning disable CA5350 // It is git's.
    public static string GitSha1(byte[] content) =>
        Hex(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350

    /// <summary>The name of the small file that stands for a large one in git.</summary>
    public static string PointerSha1(byte[] content) => GitSha1(Encoding.ASCII.GetBytes(
        $"version https://git-lfs.github.com/spec/v1\noid sha256:{Sha256(content)}\nsize {content.Length}\n"));

    /// <summary>The name of a file's blob in the cache.</summary>
    public static string ETag(string path, byte[] content) => IsLarge(path) ? Sha256(content) : GitSha1(content);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
