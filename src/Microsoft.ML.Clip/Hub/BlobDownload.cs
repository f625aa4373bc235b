using System.Net.Http.Headers;

namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// Brings one file: into <c>name.incomplete</c>, on from where an earlier try broke off, held against its hash, and only then under its
/// name. The caller holds the file's lock.
/// </summary>
internal sealed class BlobDownload(HubClient client, HubRequest request, HubFile file, DownloadMeter meter)
{
    /// <summary>A try that brought so much was no failure, however it ended: a slow line may break many times.</summary>
    private const int WorthATry = 1 << 20;

    /// <summary>Linux's and Windows' codes for a full disk, and Linux's for a quota and a file that may not grow.</summary>
    private static readonly int[] NoSpace = [28, 122, 27, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <exception cref="ClipHubException">It cannot be had, or it is damaged on the way twice.</exception>
    public async Task RunAsync(string target, CancellationToken cancellationToken)
    {
        var incomplete = $"{target}.incomplete";
        for (var isAgain = false; ; isAgain = true)
        {
            var isGood = false;
            try
            {
                await using var part = new Part(incomplete, file);
                await FillAsync(part, cancellationToken).ConfigureAwait(false);
                isGood = part.IsWhole();
            }
            catch (Exception e) when (Disk(e, target) is { } disk)
            {
                throw disk;
            }

            if (isGood)
            {
                File.Move(incomplete, target, overwrite: true);
                return;
            }

            File.Delete(incomplete);
            if (isAgain)
            {
                throw new ClipHubException(
                    ClipHubError.Corrupt,
                    $"{request.Address.GetLeftPart(UriPartial.Path)} arrived damaged twice: its content is not what its hash "
                    + $"{file.ETag} says; try again later.");
            }
        }
    }

    /// <summary>The size for the meter where only the server knows it.</summary>
    private long? _told;

    private async Task FillAsync(Part part, CancellationToken cancellationToken)
    {
        Tell(part);
        while (!part.IsEnded)
        {
            var before = part.Length;
            await client.RetryAsync(
                async token =>
                {
                    try
                    {
                        await ReceiveAsync(part, token).ConfigureAwait(false);
                    }
                    catch (PassingException) when (part.Length - before >= WorthATry)
                    {
                        // The loop goes on from here, with all its tries again.
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(Part part, CancellationToken cancellationToken)
    {
        if (part.IsEnded) return;
        var range = part.Length > 0 ? new RangeHeaderValue(part.Length, null) : null;
        using var answer = await client.SendAsync(request with { Range = range }, cancellationToken).ConfigureAwait(false);
        Check(answer);
        if (answer.IsPastEnd)
        {
            // What is here is not of this file: it begins anew.
            part.Restart();
            throw new PassingException(new ClipHubException(
                ClipHubError.Corrupt, $"{request.Address} has fewer bytes than it had; try again later."));
        }

        _told = answer.Length + answer.Offset;
        // A server that knows no ranges sends all of it again, and one that gives another part than was asked for is not to be used.
        if (answer.Offset != part.Length) part.Restart();
        if (answer.Offset != part.Length)
        {
            throw new PassingException(new ClipHubException(
                ClipHubError.Corrupt, $"{request.Address} was answered with a part that was not asked for; try again later."));
        }

        await answer.CopyToAsync(
            (bytes, _) =>
            {
                part.Append(bytes.Span);
                Tell(part);
            },
            cancellationToken).ConfigureAwait(false);
        part.End();
    }

    private void Tell(Part part) => meter.Tell(file.Size is null ? file with { Size = _told } : file, part.Length);

    /// <summary>The hub tells before a byte is sent which file it means.</summary>
    private void Check(HubAnswer answer)
    {
        var isOther = (answer.Hub.LinkedETag is { } etag && file.Sha256 is { } hash && etag != hash)
            // What no hash can be held against has to be called alike at least.
            || (!ContentHash.CanCheck(file) && request.What.Repository is not null && answer.Hub.ETag != file.ETag)
            || (answer.Hub.LinkedSize is { } size && file.Size is { } length && size != length);
        if (isOther)
        {
            throw new ClipHubException(
                ClipHubError.Corrupt,
                $"{request.Address.GetLeftPart(UriPartial.Path)} is another file than the repository's list says; try again later, or "
                + "give another revision.");
        }
    }

    /// <summary>A fault of the disk, told as one; null for others.</summary>
    private static ClipHubException? Disk(Exception e, string target) => e switch
    {
        ClipHubException => null,
        UnauthorizedAccessException => new(
            ClipHubError.Disk, $"{Path.GetDirectoryName(target)} cannot be written; set HF_HUB_CACHE to a folder that can.", e),
        // So .NET tells of EFBIG, as if a length had been given.
        ArgumentOutOfRangeException { ParamName: "value" } => Full(e, target),
        IOException when NoSpace.Contains(e.HResult) => Full(e, target),
        _ => null,
    };

    private static ClipHubException Full(Exception e, string target) => new(
        ClipHubError.Disk,
        $"The disk is full at {Path.GetDirectoryName(target)}; make room, or set HF_HUB_CACHE to a folder on another disk. What has "
        + "arrived is kept.",
        e);

    /// <summary>What is here of the file, and the hash of it.</summary>
    private sealed class Part : IAsyncDisposable
    {
        private readonly FileStream _stream;
        private readonly ContentHash _hash;
        private readonly HubFile _file;
        private bool _isEnded;

        public Part(string path, HubFile file)
        {
            _file = file;
            _hash = new ContentHash(file);
            _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0);
            if (_stream.Length > file.Size) Restart();
            var buffer = new byte[1 << 17];
            while (_stream.Read(buffer) is > 0 and var count) _hash.Append(buffer.AsSpan(0, count));
        }

        public long Length => _stream.Position;

        /// <summary>Whether all has come that will; more than the file's size is not waited for.</summary>
        public bool IsEnded => _isEnded || Length >= _file.Size;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (Length > _file.Size) return;
            _stream.Write(bytes);
            _hash.Append(bytes);
        }

        /// <summary>The body has ended: where no size is known, that is all.</summary>
        public void End()
        {
            if (_file.Size is null)
            {
                _isEnded = true;
            }
            else if (Length < _file.Size)
            {
                throw new PassingException(new ClipHubException(
                    ClipHubError.Corrupt, $"{_file.Path} ended after {Length} of {_file.Size} bytes; try again later."));
            }
        }

        public void Restart()
        {
            _stream.SetLength(0);
            _hash.Restart();
        }

        public bool IsWhole()
        {
            if ((_file.Size is { } size && size != Length) || !_hash.IsMatch()) return false;
            _stream.Flush(flushToDisk: true);
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            _hash.Dispose();
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
