namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// A lock between processes: a file opened for one alone. On Unix that is <c>flock</c>, which Python's clients take on the same file. It
/// goes with its process, so a killed one leaves none behind; the file stays.
/// </summary>
internal static class FileLock
{
    /// <summary>Linux's and macOS's EWOULDBLOCK, and Windows' sharing violation.</summary>
    private static readonly int[] HeldByAnother = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Waits until nobody else holds it.</summary>
    public static async Task<IDisposable> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (HeldByAnother.Contains(e.HResult))
            {
                await Task.Delay(50, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
