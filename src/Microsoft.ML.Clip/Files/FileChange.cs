using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Files;

/// <summary>A file's number and the time of its last change, which .NET does not tell on Linux: by the kernel's statx(2).</summary>
/// <param name="Number">The inode; 0 where it is not told.</param>
/// <param name="Time">The time of the last change in nanoseconds; where it is not told, when the file was made, in ticks.</param>
internal readonly partial record struct FileChange(ulong Number, long Time)
{
    private const int CurrentFolder = -100;
    private const uint InodeAndChange = 0x180;

    /// <summary>Looks at a file that is no link.</summary>
    public static FileChange Of(FileInfo file)
    {
        if (!OperatingSystem.IsLinux()) return new(0, file.CreationTimeUtc.Ticks);
        try
        {
            if (Look(CurrentFolder, file.FullName, 0, InodeAndChange, out var status) == 0)
                return new(status.Inode, (status.ChangeSeconds * 1_000_000_000) + status.ChangeNanoseconds);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call, of 2018.
        }

        return new(0, file.CreationTimeUtc.Ticks);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Look(int folder, string path, int flags, uint mask, out Status status);

    /// <summary>struct statx of linux/stat.h, the same on all processors.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(96)]
        public long ChangeSeconds;

        [FieldOffset(104)]
        public uint ChangeNanoseconds;
    }
}
