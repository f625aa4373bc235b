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
        _hash = _expected.All(char.IsAsciiHexDigitLower) ? (_expected.Length, file.Size) switch
        {
            (64, _) => IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
            (40, not null) => GitHash(),
            _ => null,
        } : null;
        _prefix = _expected.Length == 40
            ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0"))
            : [];
        Restart();
    }

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
