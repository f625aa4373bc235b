using Clip.Cli.Searching;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Searching;

/// <summary>An index file that is brought up to date.</summary>
public sealed class FileStoreTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly ClipModel _model;

    public FileStoreTests() => _model = ClipModel.Open(_folder.Path);

    private string Index => _folder["new/photos.index"];

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task WhatIsCommittedIsInTheFileAndNothingBesideIt()
    {
        await using (var store = FileStore.Open(Index, _model, "my model"))
        {
            await store.UpsertAsync([(new ClipIndexEntry("a"), Embedding(0)), (new ClipIndexEntry("b"), Embedding(1))], default);
            await store.RemoveAsync(["a"], default);
            Assert.False(File.Exists(Index));
            await store.CommitAsync(default);
        }

        using var index = ClipImageIndex.Open(Index);
        Assert.Equal(("my model", _model.Fingerprint, "b"), (index.ModelName, index.ModelFingerprint, Assert.Single(index.Entries).Id));
        Assert.Equal(["photos.index"], Directory.GetFiles(_folder["new"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task WhatWasCutOffIsTakenUp()
    {
        await using (var store = FileStore.Open(Index, _model, "my model"))
            await store.UpsertAsync([(new ClipIndexEntry("a") { Caption = "kept" }, Embedding(2))], default);
        Assert.Equal(["photos.index.partial"], Directory.GetFiles(_folder["new"]).Select(Path.GetFileName));

        await using var again = FileStore.Open(Index, _model, "my model");

        Assert.Equal("kept", (await again.EntriesAsync(default))["a"].Caption);
        Assert.Equal(Embedding(2), await again.EmbeddingAsync("a", default));
        Assert.Null(await again.EmbeddingAsync("b", default));
    }

    [Fact]
    public void AnIndexOfAnotherModelIsRefusedAndStaysUsable()
    {
        Directory.CreateDirectory(_folder["new"]);
        using (var index = ClipImageIndex.Create(Index, "of another", 8)) index.Save();

        Assert.Throws<ArgumentException>(() => FileStore.Open(Index, _model, "my model"));

        Assert.Equal(["photos.index"], Directory.GetFiles(_folder["new"]).Select(Path.GetFileName));
        using var untouched = ClipImageIndex.Open(Index);
        Assert.Equal("of another", untouched.ModelFingerprint);
    }

    [Fact]
    public void AFolderIsNoIndex()
    {
        var error = Assert.Throws<ClipException>(() => FileStore.Open(_folder.Path, _model, "my model"));
        Assert.StartsWith($"--output '{_folder.Path}' is a folder", error.Message, StringComparison.Ordinal);
    }

    private float[] Embedding(int place) => [.. Enumerable.Range(0, _model.Dimension).Select(i => i == place ? 1f : 0)];
}
