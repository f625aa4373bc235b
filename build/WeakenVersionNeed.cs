using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Marks one symbol-version need of an ELF library weak, so that the loader no longer refuses the library on a system whose
/// libstdc++ is older. Nothing happens, and the file is not touched, when the need is absent or already weak.
/// </summary>
/// <remarks>
/// Sound only where no symbol behind the version is called; see TorchSharp.targets. Layout: System V gABI, "Symbol Versioning".
/// Written for RoslynCodeTaskFactory: netstandard2.0, no packages.
/// </remarks>
public class WeakenVersionNeed : Task
{
    const uint VersionNeedSection = 0x6ffffffe; // SHT_GNU_verneed
    const int WeakFlag = 2;                     // VER_FLG_WEAK

    byte[] elf;

    [Required] public string Library { get; set; }

    [Required] public string Version { get; set; }

    public override bool Execute()
    {
        elf = File.ReadAllBytes(Library);
        bool isElf = elf.Length > 64 && elf[0] == 0x7f && elf[1] == 'E' && elf[2] == 'L' && elf[3] == 'F';
        bool elf64LittleEndian = isElf && elf[4] == 2 && elf[5] == 1;
        int flags = elf64LittleEndian ? FindFlags() : -1;
        if (flags < 0 || (elf[flags] & WeakFlag) != 0) return true;

        // The time stamp stays, so that the next build's copy step still sees an unchanged file. Written aside and renamed,
        // because another test project may have the library open.
        DateTime stamp = File.GetLastWriteTimeUtc(Library);
        elf[flags] |= WeakFlag;
        string aside = Library + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(aside, elf);
        File.SetLastWriteTimeUtc(aside, stamp);
        File.Delete(Library);
        File.Move(aside, Library);
        Log.LogMessage(MessageImportance.Normal, "{0}: the need for {1} is now weak", Library, Version);
        return true;
    }

    int FindFlags()
    {
        int sections = (int)Int64(0x28), size = UInt16(0x3A), count = UInt16(0x3C);
        for (int i = 0; i < count; i++)
        {
            int section = sections + i * size;
            if (UInt32(section + 4) != VersionNeedSection) continue;
            int names = (int)Int64(sections + (int)UInt32(section + 40) * size + 24); // sh_link: the string table
            int file = (int)Int64(section + 24);
            for (int f = (int)UInt32(section + 44); f > 0; f--) // sh_info: how many libraries are needed
            {
                int version = file + (int)UInt32(file + 8);
                for (int v = UInt16(file + 2); v > 0; v--)
                {
                    if (NameAt(names + (int)UInt32(version + 8)) == Version) return version + 4;
                    version += (int)UInt32(version + 12);
                }

                file += (int)UInt32(file + 12);
            }
        }

        return -1;
    }

    string NameAt(int offset)
    {
        int end = offset;
        while (elf[end] != 0) end++;
        return Encoding.ASCII.GetString(elf, offset, end - offset);
    }

    int UInt16(int offset) { return BitConverter.ToUInt16(elf, offset); }

    uint UInt32(int offset) { return BitConverter.ToUInt32(elf, offset); }

    long Int64(int offset) { return BitConverter.ToInt64(elf, offset); }
}
