using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies an assembly and makes its non-private members public, by patching the accessibility bits of its TypeDef, Field and
/// MethodDef rows (ECMA-335 II.22 and II.24.2.6). Only the compiler sees the copy.
/// </summary>
/// <remarks>
/// Left alone: private fields and methods (event backing fields and explicit interface implementations would clash with their
/// public namesakes), protected methods (an override must keep their accessibility) and whatever the compiler generated.
/// Written for RoslynCodeTaskFactory: netstandard2.0, no packages.
/// </remarks>
public class PublicizeAssembly : Task
{
    const int TypeRef = 1, TypeDef = 2, FieldPtr = 3, Field = 4, MethodPtr = 5, Method = 6, ParamPtr = 7, Param = 8;
    const int Module = 0, ModuleRef = 0x1A, TypeSpec = 0x1B, AssemblyRef = 0x23;

    byte[] image;
    int[] rows;
    int strings, stringIndexSize;

    [Required] public string Source { get; set; }

    [Required] public string Destination { get; set; }

    public override bool Execute()
    {
        image = File.ReadAllBytes(Source);
        Patch();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Destination)));
        File.WriteAllBytes(Destination, image);
        return true;
    }

    void Patch()
    {
        int metadata = FileOffset(CliHeaderMetadataRva());
        int tables = FindStreams(metadata);

        rows = new int[64];
        ulong valid = BitConverter.ToUInt64(image, tables + 8);
        int cursor = tables + 24;
        for (int table = 0; table < 64; table++)
        {
            if ((valid >> table & 1) == 0) continue;
            rows[table] = Int32(cursor);
            cursor += 4;
        }

        byte heaps = image[tables + 6];
        stringIndexSize = (heaps & 1) != 0 ? 4 : 2;
        int guid = (heaps & 2) != 0 ? 4 : 2, blob = (heaps & 4) != 0 ? 4 : 2;
        int fieldIndex = rows[FieldPtr] > 0 ? IndexSize(0, FieldPtr) : IndexSize(0, Field);
        int methodIndex = rows[MethodPtr] > 0 ? IndexSize(0, MethodPtr) : IndexSize(0, Method);
        int paramIndex = rows[ParamPtr] > 0 ? IndexSize(0, ParamPtr) : IndexSize(0, Param);

        int moduleRow = 2 + stringIndexSize + 3 * guid;
        int typeRefRow = IndexSize(2, Module, ModuleRef, AssemblyRef, TypeRef) + 2 * stringIndexSize;
        int typeDefRow = 4 + 2 * stringIndexSize + IndexSize(2, TypeDef, TypeRef, TypeSpec) + fieldIndex + methodIndex;
        int fieldRow = 2 + stringIndexSize + blob;
        int methodRow = 8 + stringIndexSize + blob + paramIndex;

        int typeDefs = cursor + rows[Module] * moduleRow + rows[TypeRef] * typeRefRow;
        int fields = typeDefs + rows[TypeDef] * typeDefRow + rows[FieldPtr] * IndexSize(0, Field);
        int methods = fields + rows[Field] * fieldRow + rows[MethodPtr] * IndexSize(0, Method);

        for (int i = 1; i < rows[TypeDef]; i++) // row 0 is <Module>
        {
            int row = typeDefs + i * typeDefRow;
            if (IsCompilerGenerated(row + 4)) continue;
            int visibility = image[row] & 7; // 0 not public, 1 public, 2.. nested
            image[row] = (byte)(image[row] & ~7 | (visibility >= 2 ? 2 : 1));
        }

        for (int i = 0; i < rows[Field]; i++) MakeMemberPublic(fields + i * fieldRow, 2, keepProtected: false);
        for (int i = 0; i < rows[Method]; i++) MakeMemberPublic(methods + i * methodRow + 6, 2, keepProtected: true);
    }

    void MakeMemberPublic(int flags, int nameAfter, bool keepProtected)
    {
        int access = image[flags] & 7; // 1 private, 2 private protected, 3 internal, 4 protected, 5 protected internal, 6 public
        if (access == 1 || access == 4 && keepProtected || IsCompilerGenerated(flags + nameAfter)) return;
        image[flags] = (byte)(image[flags] & ~7 | 6);
    }

    bool IsCompilerGenerated(int nameIndex)
    {
        int name = strings + (stringIndexSize == 4 ? Int32(nameIndex) : UInt16(nameIndex));
        for (; image[name] != 0; name++)
            if (image[name] == '<') return true;
        return false;
    }

    /// <summary>Sets <see cref="strings"/> and returns where the tables stream starts.</summary>
    int FindStreams(int metadata)
    {
        int tables = -1;
        int cursor = metadata + 16 + Int32(metadata + 12); // past the version string
        int count = UInt16(cursor + 2);
        cursor += 4;
        for (int i = 0; i < count; i++)
        {
            int offset = metadata + Int32(cursor), start = cursor + 8, end = start;
            while (image[end] != 0) end++;
            string name = Encoding.ASCII.GetString(image, start, end - start);
            if (name == "#~" || name == "#-") tables = offset;
            if (name == "#Strings") strings = offset;
            cursor = start + (end - start + 4 & ~3); // names are zero-ended and padded to four bytes
        }

        return tables >= 0 ? tables : throw new BadImageFormatException("No metadata tables", Source);
    }

    int CoffHeader { get { return Int32(0x3C) + 4; } }

    int OptionalHeader { get { return CoffHeader + 20; } }

    int CliHeaderMetadataRva()
    {
        int directories = OptionalHeader + (UInt16(OptionalHeader) == 0x20B ? 112 : 96); // PE32+ or PE32
        return Int32(FileOffset(Int32(directories + 14 * 8)) + 8);
    }

    int FileOffset(int rva)
    {
        int section = OptionalHeader + UInt16(CoffHeader + 16);
        for (int i = UInt16(CoffHeader + 2); i > 0; i--, section += 40)
        {
            int address = Int32(section + 12), size = Math.Max(Int32(section + 8), Int32(section + 16));
            if (rva >= address && rva < address + size) return rva - address + Int32(section + 20);
        }

        throw new BadImageFormatException("An address lies outside every section", Source);
    }

    /// <summary>Bytes of an index into one of <paramref name="targets"/>, told apart by <paramref name="tagBits"/> bits.</summary>
    int IndexSize(int tagBits, params int[] targets)
    {
        int most = 0;
        foreach (int table in targets) most = Math.Max(most, rows[table]);
        return most < 1 << 16 - tagBits ? 2 : 4;
    }

    int Int32(int offset) { return BitConverter.ToInt32(image, offset); }

    int UInt16(int offset) { return BitConverter.ToUInt16(image, offset); }
}
