using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Clip.Conversion.Checkpoints;
using Parquet;
using Parquet.Schema;

namespace Clip.Data.Embedding;

/// <summary>The files of embeddings: each is there whole or not at all.</summary>
/// <param name="options">Where and as what they are written.</param>
/// <param name="input">What is embedded.</param>
internal sealed class EmbeddingFiles(EmbeddingOptions options, IEmbeddingInput input)
{
    private const int RowsPerGroup = 8192;

    /// <summary>Whether a shard is finished.</summary>
    public bool IsThere(int shard) => File.Exists(Finished(shard));

    /// <summary>Records of a shard that could not be embedded; 0 where all could.</summary>
    public int BadOf(int shard) => File.Exists(Bad(shard)) ? File.ReadLines(Bad(shard)).Count() : 0;

    /// <summary>Makes the folders.</summary>
    public void Prepare()
    {
        string[] files = options.Format == EmbeddingFormat.Npy ? [Finished(0), Metadata(0)] : [Finished(0)];
        foreach (var file in files) Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    }

    /// <summary>Writes a shard; what marks it as finished comes last.</summary>
    /// <returns>Its rows.</returns>
    public long Write(int shard, IEnumerable<EmbeddingRows> batches, IReadOnlyCollection<KeyValuePair<string, string>> bad)
    {
        var (texts, ids, rows) = (new List<string>(), new List<string>(), 0L);
        AtomicFile.Write(Finished(shard), stream =>
        {
            rows = options.Format == EmbeddingFormat.Npy
                ? WriteNpy(stream, Seen())
                : WriteParquet(stream, batches).GetAwaiter().GetResult();
            if (options.Format == EmbeddingFormat.Npy)
                AtomicFile.Write(Metadata(shard), metadata => WriteMetadata(metadata, ids, texts).GetAwaiter().GetResult());
            WriteBad(shard, bad);
        });
        return rows;

        IEnumerable<EmbeddingRows> Seen()
        {
            foreach (var batch in batches)
            {
                ids.AddRange(batch.Ids);
                texts.AddRange(batch.Texts ?? []);
                yield return batch;
            }
        }
    }

    private string Finished(int shard) => options.Format == EmbeddingFormat.Npy
        ? Numbered(input.HasTexts ? "text_emb" : "img_emb", input.HasTexts ? "text_emb" : "img_emb", shard, "npy")
        : Numbered("", input.Kind, shard, "parquet");

    private string Metadata(int shard) =>
        Numbered(input.HasTexts ? "text_metadata" : "metadata", "metadata", shard, "parquet");

    private string Bad(int shard) => Numbered("", input.Kind, shard, "bad.tsv");

    private string Numbered(string folder, string name, int shard, string ending) =>
        Path.Combine(options.Output, folder, string.Create(CultureInfo.InvariantCulture, $"{name}_{shard:D6}.{ending}"));

    private void WriteBad(int shard, IReadOnlyCollection<KeyValuePair<string, string>> bad)
    {
        if (bad.Count == 0) File.Delete(Bad(shard));
        else AtomicFile.WriteText(Bad(shard), string.Concat(bad.Select(OneLine)));

        static string OneLine(KeyValuePair<string, string> record) =>
            $"{record.Key}\t{string.Join(' ', record.Value.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries))}\n";
    }

    private async Task<long> WriteParquet(Stream stream, IEnumerable<EmbeddingRows> batches)
    {
        var element = new DataField<float>("element");
        var columns = new List<Field> { new DataField<string>("id"), new ListField("embedding", element) };
        if (input.HasTexts) columns.Add(new DataField<string>("text"));
        var schema = new ParquetSchema(columns);
        var rows = 0L;
        var writer = await ParquetWriter.CreateAsync(schema, stream).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            var (ids, values, texts) = (new List<string>(), new List<float>(), new List<string>());
            foreach (var batch in batches)
            {
                ids.AddRange(batch.Ids);
                values.AddRange(batch.Values.Span);
                texts.AddRange(batch.Texts ?? []);
                rows += batch.Ids.Count;
                if (ids.Count >= RowsPerGroup) await Flush().ConfigureAwait(false);
            }

            if (ids.Count > 0) await Flush().ConfigureAwait(false);

            async Task Flush()
            {
                using var group = writer.CreateRowGroup();
                await group.WriteAsync(schema.DataFields[0], ids).ConfigureAwait(false);
                // A list begins where the level is 0.
                var levels = new int[values.Count];
                Array.Fill(levels, 1);
                for (var i = 0; i < levels.Length; i += input.Dimension) levels[i] = 0;
                var there = new int[values.Count];
                Array.Fill(there, schema.DataFields[1].MaxDefinitionLevel);
                await group.WriteAllPartsAsync<float>(schema.DataFields[1], values.ToArray(), there, levels, CancellationToken.None)
                    .ConfigureAwait(false);
                if (input.HasTexts) await group.WriteAsync(schema.DataFields[2], texts).ConfigureAwait(false);
                group.CompleteValidate();
                ids.Clear();
                values.Clear();
                texts.Clear();
            }
        }

        return rows;
    }

    /// <summary>The rows of a matrix by clip-retrieval's names.</summary>
    private async Task WriteMetadata(Stream stream, List<string> ids, List<string> texts)
    {
        var schema = new ParquetSchema(new DataField<string>(input.HasTexts ? "id" : "image_path"), new DataField<string>("caption"));
        if (!input.HasTexts) schema = new ParquetSchema(new DataField<string>("image_path"));
        var writer = await ParquetWriter.CreateAsync(schema, stream).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], ids).ConfigureAwait(false);
            if (input.HasTexts) await group.WriteAsync(schema.DataFields[1], texts).ConfigureAwait(false);
            group.CompleteValidate();
        }
    }

    /// <summary>NumPy's format 1.0; how many rows there are is known at the end.</summary>
    private long WriteNpy(Stream stream, IEnumerable<EmbeddingRows> batches)
    {
        stream.Write(Header(0));
        var rows = 0L;
        foreach (var batch in batches)
        {
            stream.Write(MemoryMarshal.AsBytes(batch.Values.Span));
            rows += batch.Ids.Count;
        }

        stream.Seek(0, SeekOrigin.Begin);
        stream.Write(Header(rows));
        stream.Seek(0, SeekOrigin.End);
        return rows;
    }

    private byte[] Header(long rows)
    {
        const int size = 128;
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {input.Dimension}), }}");
        var header = new byte[size];
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, size - 10, 0];
        magic.CopyTo(header);
        Encoding.ASCII.GetBytes(text.PadRight(size - 11) + "\n").CopyTo(header, 10);
        return header;
    }
}
