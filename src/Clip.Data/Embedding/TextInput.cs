using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Clip;

namespace Clip.Data.Embedding;

/// <summary>Texts: the lines of a file, or the captions of a source.</summary>
internal sealed class TextInput : IEmbeddingInput
{
    private readonly ClipModel _model;
    private readonly EmbeddingOptions _options;
    private readonly Func<int, IReadOnlyList<string>> _textsOf;
    private readonly Func<int, string> _key;

    private TextInput(
        ClipModel model, EmbeddingOptions options, int count, string fingerprint, Func<int, IReadOnlyList<string>> textsOf,
        Func<int, string> key) =>
        (_model, _options, Count, Fingerprint, _textsOf, _key) = (model, options, count, fingerprint, textsOf, key);

    public string Kind => "texts";

    public int Count { get; }

    public string Fingerprint { get; }

    public int Dimension => _model.TextTower.Dimension;

    public bool HasTexts => true;

    /// <summary>The lines of a file that are not blank; their ids are their numbers, from 1 on.</summary>
    /// <exception cref="ClipException">There are none.</exception>
    public static TextInput OfLines(string path, ClipModel model, EmbeddingOptions options)
    {
        var lines = TextFile.ReadLines(path).Select((text, i) => (Text: text.Trim(), Number: i + 1))
            .Where(line => line.Text.Length > 0).ToList();
        if (lines.Count == 0) throw new ClipException($"{path} is empty; give a file with a text on each line.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (text, _) in lines) hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
        var fingerprint = $"{lines.Count} texts {Convert.ToHexStringLower(hash.GetHashAndReset())[..12]}";
        return new TextInput(
            model, options, lines.Count, fingerprint, i => [lines[i].Text], i => lines[i].Number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>All captions of a source; the ids of a record's second and further ones end in #2, #3 and so on.</summary>
    public static TextInput OfCaptions(IRecordSource records, ClipModel model, EmbeddingOptions options)
    {
        var timed = new TimedRecords(records, options.Reading.ReadTimeout);
        return new TextInput(model, options, records.Count, records.Fingerprint, timed.ReadCaptions, records.Key);
    }

    public IEnumerable<EmbeddingRows> Embed(int first, int end, Action<string, string> bad, CancellationToken cancellation)
    {
        foreach (var batch in Rows(first, end, bad).Chunk(_options.BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            string[] ids = [.. batch.Select(row => row.Id)], texts = [.. batch.Select(row => row.Text)];
            var values = _model.EmbedTexts(texts, _options.Normalize, cancellation).SelectMany(row => row).ToArray();
            yield return new EmbeddingRows(ids, values, texts);
        }
    }

    private IEnumerable<(string Id, string Text)> Rows(int first, int end, Action<string, string> bad)
    {
        for (var i = first; i < end; i++)
        {
            IReadOnlyList<string> texts;
            try
            {
                texts = _textsOf(i);
            }
            catch (Exception e) when (ReadFault.Is(e))
            {
                bad(_key(i), e.Message);
                continue;
            }

            for (var j = 0; j < texts.Count; j++)
                yield return (j == 0 ? _key(i) : string.Create(CultureInfo.InvariantCulture, $"{_key(i)}#{j + 1}"), texts[j]);
        }
    }
}
