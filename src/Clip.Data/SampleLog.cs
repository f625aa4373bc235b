using System.Globalization;
using System.Text;

namespace Clip.Data;

/// <summary>
/// A file that says which samples each step showed: a line a sample, the step (from 1) and the record's key. A resumed run drops what an
/// interrupted one wrote after its last checkpoint, so that in the end the file is that of a run without interruption.
/// </summary>
internal sealed class SampleLog : IDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>Opens the file for the steps from <paramref name="step"/> (from 0) on.</summary>
    public SampleLog(string path, long step)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.SetLength(End(file, step));
        file.Seek(0, SeekOrigin.End);
        _writer = new StreamWriter(file, new UTF8Encoding(false)) { NewLine = "\n" };
    }

    /// <summary>Checks, before any work is done, that what lies at a path is an earlier log, of which another may take the place.</summary>
    /// <exception cref="ClipException">It is something else.</exception>
    public static void EnsureReplaceable(string path)
    {
        if (Directory.Exists(path)) throw new ClipException($"{path} is a folder; give the name of a file to log samples to.");
        if (!File.Exists(path)) return;
        // Opened for both, a pipe is not waited for.
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (!file.CanSeek) throw new ClipException($"{path} is a pipe or a device; give the name of a file to log samples to.");
        if (file.Length == 0) return;
        using var reader = new StreamReader(file);
        if (reader.ReadLine()?.StartsWith("1\t", StringComparison.Ordinal) != true)
            throw new ClipException($"{path} is there already and is no log of samples; give another file to log samples to.");
    }

    /// <summary>Writes a step's samples through to the operating system, so that they outlive this process.</summary>
    public void Write(PairBatch batch)
    {
        foreach (var key in batch.Keys) _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{batch.Step + 1}\t{key}"));
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();

    /// <summary>Where the lines of earlier steps end; a line cut short by a sudden end does not count.</summary>
    private static long End(FileStream file, long step)
    {
        using var reader = new StreamReader(file, leaveOpen: true);
        var end = 0L;
        while (reader.ReadLine() is { } line)
        {
            var length = Encoding.UTF8.GetByteCount(line) + 1;
            var complete = end + length <= file.Length;
            if (!complete || !long.TryParse(line.Split('\t')[0], CultureInfo.InvariantCulture, out var logged) || logged > step) return end;
            end += length;
        }

        return end;
    }
}
