using Clip.Data.Embedding;
using Clip.Data.Sources;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Data.Tests.Embedding;

/// <summary>Pictures and texts of a source become rows with the ids by which they are found again.</summary>
public sealed class EmbeddingInputTests : IDisposable
{
    private readonly TinyFolder _tiny = new();
    private readonly TempFolder _folder = new();
    private readonly ClipModel _model;
    private readonly List<(string Key, string Reason)> _bad = [];

    public EmbeddingInputTests() => _model = ClipModel.Open(_tiny.Path);

    private EmbeddingOptions Options => new(_folder["out"]) { BatchSize = 3 };

    public void Dispose()
    {
        _model.Dispose();
        _tiny.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PicturesAreEmbeddedAsTheModelDoes(bool normalize)
    {
        var pictures = _tiny.Pictures(8);
        using var records = Open(pictures);
        var input = new ImageInput(records, _model, Options with { Normalize = normalize });

        var rows = Rows(input, 1, 8);

        Assert.Equal(pictures[1..], rows.Select(row => row.Id));
        Close(_model.EmbedImages(pictures[1..], normalize), rows);
        Assert.Empty(_bad);
    }

    [Fact]
    public void BrokenPicturesAreLeftOutAndTheOthersKeepTheirs()
    {
        var pictures = _tiny.Pictures(8);
        foreach (var broken in new[] { 1, 3, 4, 5 }) File.WriteAllText(pictures[broken], "no picture");
        using var records = Open(pictures);
        string[] good = [pictures[0], pictures[2], pictures[6], pictures[7]];

        var rows = Rows(new ImageInput(records, _model, Options), 0, 8);

        Assert.Equal(good, rows.Select(row => row.Id));
        Close(_model.EmbedImages(good), rows);
        Assert.Equal([pictures[1], pictures[3], pictures[4], pictures[5]], _bad.Select(bad => bad.Key).Order(StringComparer.Ordinal));
    }

    /// <summary>A row of what is no number would spoil whatever is computed from all of them.</summary>
    [Fact]
    public void PicturesWhoseFeaturesAreNoNumbersAreLeftOut()
    {
        var pictures = _tiny.Pictures(4);
        using var model = ClipModel.Open(_tiny.Path, new ClipModelOptions
        {
            // Colors over next to nothing are more than a float holds once they are multiplied.
            Preprocessing = ClipImagePreprocessing.ForSize(32) with { Std = [1e-38f, 1e-38f, 1e-38f], Mean = [0, 0, 0] },
        });
        using var records = Open(pictures);

        Assert.Empty(Rows(new ImageInput(records, model, Options), 0, 4));
        Assert.Equal(pictures, _bad.Select(bad => bad.Key));
        Assert.All(_bad, bad => Assert.Equal("its embedding is not finite", bad.Reason));
    }

    [Fact]
    public void LinesHaveTheirNumbersInTheFileForIds()
    {
        var path = _folder.Write("texts.txt", "red\n\n  green \nblue\n");
        var input = TextInput.OfLines(path, _model, Options);

        var rows = Rows(input, 0, input.Count);

        Assert.Equal(["1", "3", "4"], rows.Select(row => row.Id));
        Assert.Equal(["red", "green", "blue"], rows.Select(row => row.Text));
        Close(_model.EmbedTexts(["red", "green", "blue"]), rows);
        _folder.Write("other.txt", "red\ngreen\nblue\n");
        Assert.Equal(input.Fingerprint, TextInput.OfLines(_folder["other.txt"], _model, Options).Fingerprint);
        _folder.Write("other.txt", "red\nblue\ngreen\n");
        Assert.NotEqual(input.Fingerprint, TextInput.OfLines(_folder["other.txt"], _model, Options).Fingerprint);
    }

    [Fact]
    public void FurtherCaptionsOfARecordAreNumbered()
    {
        var pictures = _tiny.Pictures(2);
        _folder.Write("pairs.tsv", $"filepath\ttitle\n{pictures[0]}\tred\n{pictures[1]}\tgreen\n{pictures[0]}\ta red thing\n");
        using var records = RecordSources.Open(_folder["pairs.tsv"], new RecordSourceOptions());
        var input = TextInput.OfCaptions(records, _model, Options with { Normalize = false });

        var rows = Rows(input, 0, input.Count);

        Assert.Equal([pictures[0], $"{pictures[0]}#2", pictures[1]], rows.Select(row => row.Id));
        Assert.Equal(["red", "a red thing", "green"], rows.Select(row => row.Text));
        Close(_model.EmbedTexts(["red", "a red thing", "green"], normalize: false), rows);
    }

    /// <summary>Of a record's captions none is read, and the others keep theirs.</summary>
    [Fact]
    public void CaptionsThatCannotBeReadAreToldAndLeftOut()
    {
        using var records = new Loading.MadeRecords(5)
        {
            Captions = record => record is 1 or 4 ? throw new InvalidDataException("the caption is empty") : [$"red {record}", "a thing"],
        };
        var input = TextInput.OfCaptions(records, _model, Options);

        var rows = Rows(input, 1, 5);

        Assert.Equal(["record 2", "record 2#2", "record 3", "record 3#2"], rows.Select(row => row.Id));
        Assert.Equal(["red 2", "a thing", "red 3", "a thing"], rows.Select(row => row.Text));
        Assert.Equal([("record 1", "the caption is empty"), ("record 4", "the caption is empty")], _bad);
        Assert.Equal((5, "made", "texts", true), (input.Count, input.Fingerprint, input.Kind, input.HasTexts));
    }

    [Fact]
    public void AFileWithoutTextsIsRefused() => Assert.Contains(
        "is empty; give a file with a text on each line",
        Assert.Throws<ClipException>(() => TextInput.OfLines(_folder.Write("texts.txt", " \n\n"), _model, Options)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void ACanceledJobStopsBetweenBatches()
    {
        using var records = Open(_tiny.Pictures(8));
        foreach (var input in new IEmbeddingInput[]
        {
            new ImageInput(records, _model, Options),
            TextInput.OfLines(_folder.Write("t.txt", "red\nblue\ngreen\na\nb\nc\n"), _model, Options),
        })
        {
            using var canceled = new CancellationTokenSource();
            using var batches = input.Embed(0, 6, (_, _) => { }, canceled.Token).GetEnumerator();
            Assert.True(batches.MoveNext());
            canceled.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => batches.MoveNext());
        }
    }

    private IRecordSource Open(string[] pictures)
    {
        _folder.Write("pictures.tsv", "filepath\ttitle\n" + string.Concat(pictures.Select(path => $"{path}\ta picture\n")));
        return RecordSources.Open(_folder["pictures.tsv"], new RecordSourceOptions());
    }

    private List<(string Id, float[] Values, string? Text)> Rows(IEmbeddingInput input, int first, int end)
    {
        var rows = new List<(string, float[], string?)>();
        foreach (var batch in input.Embed(first, end, Bad, default))
        {
            for (var i = 0; i < batch.Ids.Count; i++)
                rows.Add((batch.Ids[i], batch.Values.Slice(i * input.Dimension, input.Dimension).ToArray(), batch.Texts?[i]));
        }

        return rows;

        void Bad(string key, string reason)
        {
            lock (_bad) _bad.Add((key, reason));
        }
    }

    private static void Close(float[][] expected, List<(string Id, float[] Values, string? Text)> rows)
    {
        Assert.Equal(expected.Length, rows.Count);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], rows[i].Values, (a, b) => MathF.Abs(a - b) < 1e-5f);
    }
}
