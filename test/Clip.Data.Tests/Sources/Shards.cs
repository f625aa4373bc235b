using System.Formats.Tar;
using System.Text;
using Clip.Data;
using Parquet;
using Parquet.Schema;

namespace Clip.Data.Tests.Sources;

/// <summary>Writes small sources: a record's image is its name in bytes, unless told.</summary>
internal static class Shards
{
    /// <summary>Writes members of the given names into a tar file; the content of each is its name, or what follows a '='.</summary>
    public static string Tar(TempFolder folder, string name, params string[] members) => TarOf(
        folder, name, [.. members.Select(member => member.Split('=', 2)).Select(parts => (parts[0], Encoding.UTF8.GetBytes(parts[^1])))]);

    /// <summary>Writes members into a tar file.</summary>
    public static string TarOf(TempFolder folder, string name, params (string Name, byte[] Content)[] members)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        using var file = File.Create(folder[name]);
        using var tar = new TarWriter(file, TarEntryFormat.Pax);
        foreach (var (member, content) in members)
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, member) { DataStream = new MemoryStream(content) });
        return folder[name];
    }

    /// <summary>
    /// Writes row groups of Hugging Face's layout: image{bytes,path} and a list of captions, of which the second is longer.
    /// </summary>
    public static async Task<string> ParquetAsync(TempFolder folder, string name, params int[] groups)
    {
        DataField<byte[]> bytes = new("bytes", true);
        DataField<string> path = new("path", true), element = new("element", true);
        var schema = new ParquetSchema(
            new StructField("image", bytes, path), new ListField("caption", element), new DataField<int>("width"));
        await using var file = File.Create(folder[name]);
        await using var writer = await ParquetWriter.CreateAsync(schema, file);
        var first = 0;
        foreach (var rows in groups)
        {
            using var group = writer.CreateRowGroup();
            var numbers = Enumerable.Range(first, rows).ToArray();
            await group.WriteAsync(schema.DataFields[0], numbers.Select(i => Encoding.UTF8.GetBytes($"image {i}")).ToArray());
            await group.WriteAsync(schema.DataFields[1], numbers.Select(i => $"{i}.png").ToArray());
            await group.WriteAsync(
                schema.DataFields[2],
                numbers.SelectMany(i => new[] { $"caption {i}", $"another caption {i}" }).ToArray(),
                numbers.SelectMany(_ => new[] { 0, 1 }).ToArray());
            await group.WriteAsync<int>(schema.DataFields[3], numbers);
            group.CompleteValidate();
            first += rows;
        }

        return folder[name];
    }

    public static string Image(IRecordSource records, int record)
    {
        using var bytes = records.ReadImage(record);
        return Encoding.UTF8.GetString(bytes.Span);
    }
}
