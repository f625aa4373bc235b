using Clip.Cli.Searching;
using Clip.Cli.Tests.Options;
using Clip.Data.Sources;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Searching;

/// <summary>A store that is brought up to date with pictures.</summary>
public sealed class IndexingTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly MemoryStore _store = new();
    private readonly ClipModel _model;
    private readonly PrintedHere _printed = new();
    private readonly IndexingDisplay _display;
    private readonly Indexing _indexing;

    public IndexingTests()
    {
        _model = ClipModel.Open(_folder.Path);
        _display = new IndexingDisplay();
        _indexing = new Indexing(_store, new PictureEmbedder(_model), batchSize: 2);
    }

    public void Dispose()
    {
        _printed.Dispose();
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task EachBatchIsWrittenAndTheWholeCommittedAtTheEnd()
    {
        var pictures = _folder.Pictures(3);

        var outcome = await RunAsync(_folder["pictures"]);

        Assert.Equal(new IndexingOutcome(Pictures: 3, New: 3, Changed: 0, Gone: 0, Broken: 0), outcome);
        Assert.Equal(["upsert 2", "upsert 1", "commit"], _store.Done);
        Assert.Equal(_model.EmbedImage(pictures[1]), _store[pictures[1]], (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.Contains("3/3 pictures", $"{_printed}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsUnchangedIsNotTouched()
    {
        _folder.Pictures(3);
        await RunAsync(_folder["pictures"]);
        _store.Done.Clear();

        var outcome = await RunAsync(_folder["pictures"]);

        Assert.Equal(new IndexingOutcome(Pictures: 3, New: 0, Changed: 0, Gone: 0, Broken: 0), outcome);
        Assert.False(outcome.HasChanges);
        Assert.Equal(["commit"], _store.Done);
    }

    /// <summary>One that cannot be read any more leaves, and counts as gone as well as broken.</summary>
    [Fact]
    public async Task NewChangedGoneAndBrokenAreCountedApart()
    {
        var pictures = _folder.Pictures(6);
        File.Delete(pictures[5]);
        await RunAsync(_folder["pictures"]);
        _folder.Pictures(6);
        File.WriteAllBytes(pictures[0], TinyFolder.Picture(1, 9));
        File.SetLastWriteTimeUtc(pictures[0], DateTime.UtcNow.AddHours(1));
        File.Delete(pictures[1]);
        File.WriteAllText(pictures[2], "no picture");

        var outcome = await RunAsync(_folder["pictures"]);

        Assert.Equal(new IndexingOutcome(Pictures: 4, New: 1, Changed: 1, Gone: 2, Broken: 1), outcome);
        Assert.Equal([pictures[0], pictures[3], pictures[4], pictures[5]], _store.Entries.Select(entry => entry.Id).Order());
        Assert.Equal(_model.EmbedImage(pictures[0]), _store[pictures[0]], (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.Contains($"Skipped {pictures[2]}: ", $"{_printed}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherCaptionIsWrittenWithTheEmbeddingThatIsThere()
    {
        var pictures = _folder.Pictures(3);
        var table = Table(("red", pictures[0]), ("green", pictures[1]), ("blue", pictures[2]));
        await RunAsync(table);
        _store[pictures[1]] = [4, 2];
        _store.Done.Clear();
        Table(("red", pictures[0]), ("a meadow", pictures[1]), ("blue", pictures[2]));

        var outcome = await RunAsync(table);

        Assert.Equal(new IndexingOutcome(Pictures: 3, New: 0, Changed: 1, Gone: 0, Broken: 0), outcome);
        Assert.Equal(["upsert 1", "commit"], _store.Done);
        Assert.Equal([4, 2], _store[pictures[1]]);
        Assert.Equal(["red", "a meadow", "blue"], _store.Entries.OrderBy(entry => entry.Id).Select(entry => entry.Caption));
    }

    /// <summary>Whoever gives another folder by mistake does not lose the index of the first.</summary>
    [Fact]
    public async Task AnIndexOfOtherPicturesIsNotEmptied()
    {
        var pictures = _folder.Pictures(3);
        Directory.CreateDirectory(_folder["more"]);
        File.Copy(pictures[0], _folder["more/a.png"]);
        await RunAsync(_folder["pictures"]);
        _store.Done.Clear();

        var error = await Assert.ThrowsAsync<ClipException>(() => RunAsync(_folder["more"]));

        Assert.StartsWith("memory has 3 pictures, none of which is among those given: ", error.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Done);
    }

    [Fact]
    public async Task AFolderWhosePicturesAreAllOthersNowIsFollowed()
    {
        foreach (var picture in _folder.Pictures(2)) File.Move(picture, $"{picture}.old");
        File.Copy(Directory.GetFiles(_folder["pictures"])[0], _folder["pictures/first.png"]);
        foreach (var old in Directory.GetFiles(_folder["pictures"], "*.old")) File.Delete(old);
        await RunAsync(_folder["pictures"]);
        File.Move(_folder["pictures/first.png"], _folder["pictures/second.png"]);

        var outcome = await RunAsync(_folder["pictures"]);

        Assert.Equal(new IndexingOutcome(Pictures: 1, New: 1, Changed: 0, Gone: 1, Broken: 0), outcome);
    }

    [Fact]
    public async Task WhereNoneCanBeReadNothingIsWritten()
    {
        foreach (var picture in _folder.Pictures(2)) File.WriteAllText(picture, "no picture");

        var error = await Assert.ThrowsAsync<ClipException>(() => RunAsync(_folder["pictures"]));

        Assert.StartsWith("None of the 2 pictures can be read", error.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Done);
    }

    /// <summary>A watch looks every few seconds: what is broken counts each time, and is told and tried once until it changes.</summary>
    [Fact]
    public async Task WhatIsBrokenIsTriedOnceUntilItChanges()
    {
        var pictures = _folder.Pictures(3);
        File.WriteAllText(pictures[1], "no picture");

        var (first, second) = (await RunAsync(_folder["pictures"]), await RunAsync(_folder["pictures"]));
        File.WriteAllBytes(pictures[1], TinyFolder.Picture(1, 1));
        var mended = await RunAsync(_folder["pictures"]);

        Assert.Equal(new IndexingOutcome(Pictures: 2, New: 2, Changed: 0, Gone: 0, Broken: 1), first);
        Assert.Equal(new IndexingOutcome(Pictures: 2, New: 0, Changed: 0, Gone: 0, Broken: 1), second);
        Assert.Equal(new IndexingOutcome(Pictures: 3, New: 1, Changed: 0, Gone: 0, Broken: 0), mended);
        Assert.Equal(2, $"{_printed}".Split($"Skipped {pictures[1]}").Length);
    }

    [Fact]
    public async Task WhatIsStoppedIsNotCommitted()
    {
        _folder.Pictures(3);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(_folder["pictures"], new CancellationToken(canceled: true)));

        Assert.Empty(_store.Done);
    }

    [Theory]
    [InlineData(1, 0, 0, 0, 0, "1 picture")]
    [InlineData(24, 0, 0, 0, 0, "24 pictures")]
    [InlineData(1234, 1, 2, 3, 4, "1234 pictures (1 new, 2 changed, 3 gone, 4 broken)")]
    [InlineData(5, 0, 1, 0, 0, "5 pictures (1 changed)")]
    public void TheOutcomeTellsWhatThereIs(int pictures, int added, int changed, int gone, int broken, string told) =>
        Assert.Equal(told, $"{new IndexingOutcome(pictures, added, changed, gone, broken)}");

    [Theory]
    [InlineData(1, 0, 0, 0, true)]
    [InlineData(0, 1, 0, 0, true)]
    [InlineData(0, 0, 1, 0, true)]
    [InlineData(0, 0, 0, 1, false)]
    public void WhatIsOnlyBrokenIsNoChange(int added, int changed, int gone, int broken, bool isChange) =>
        Assert.Equal(isChange, new IndexingOutcome(9, added, changed, gone, broken).HasChanges);

    private async Task<IndexingOutcome> RunAsync(string source, CancellationToken cancellation = default)
    {
        using var sources = new PictureSources([source], new RecordSourceOptions());
        return await _indexing.RunAsync(sources, _display, cancellation);
    }

    private string Table(params (string Caption, string Path)[] rows)
    {
        File.WriteAllLines(_folder["pairs.tsv"], rows.Select(row => $"{row.Path}\t{row.Caption}").Prepend("filepath\ttitle"));
        return _folder["pairs.tsv"];
    }
}
