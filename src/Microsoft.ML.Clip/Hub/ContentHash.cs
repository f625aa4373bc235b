using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// Holds bytes against the hash that a file's name in the cache is: SHA-256 for large files, git's SHA-1 of a blob for small ones. An
/// ETag that is neither says nothing of the content.
/// </summary>
internal sealed class ContentHash : IDisposable
{
    private readonly IncrementalHash? _hash;
    private readonly string _expected;
    private readonly byte[] _prefix;

    public ContentHash(HubFile file)
    {
        _expected = file.ETag ?? "";
        _hash = !CanCheck(file) ? null : _expected.Length == 64 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : GitHash();
        _prefix = _expected.Length == 40
            ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0"))
            : [];
        Restart();
    }

    /// <summary>Whether a file's ETag tells its content.</summary>
    public static bool CanCheck(HubFile file) =>
        file.ETag is { } etag && etag.All(char.IsAsciiHexDigitLower) && (etag.Length == 64 || (etag.Length == 40 && file.Size is not null));

    public void Append(ReadOnlySpan<byte> bytes) => _hash?.AppendData(bytes);

    public void Restart()
    {
        if (_hash is null) return;
        _hash.GetHashAndReset();
        _hash.AppendData(_prefix);
    }

    /// <summary>Whether all that was appended is the file.</summary>
    public bool IsMatch() => _hash is null || Convert.ToHexStringLower(_hash.GetCurrentHash()) == _expected;

    public void Dispose() => _hash?.Dispose();

#pragma warning disable CA5350 // Git names content by SHA-1; nothing secret hangs on it here.
    private static IncrementalHash GitHash() => IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
}
