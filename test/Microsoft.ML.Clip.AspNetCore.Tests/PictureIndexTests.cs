using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.AspNetCore.Searching;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

/// <summary>The index that is served follows what the command line makes of its file.</summary>
public sealed class PictureIndexTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly ClipModel _model;
    private readonly string[] _files;

    public PictureIndexTests()
    {
        _model = ClipModel.Open(_folder.Path);
        _files = _folder.Pictures(3);
        Change(index => index.Add(Entry(0), _model.EmbedImage(_files[0])));
    }

    private ClipServerOptions Options => new() { IndexPath = _folder["photos.index"] };

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void WhatIsSavedMeanwhileIsServedWithinSeconds()
    {
        var time = new Clock();
        using var served = new PictureIndex(Options, _model, time);
        Assert.Equal(_files[0], served.Find(PictureIndex.PublicId(_files[0])).Id);

        Change(index =>
        {
            index.Remove(_files[0]);
            index.Add(Entry(1), _model.EmbedImage(_files[1]));
        });
        Assert.Equal(_files[0], Assert.Single(served.Require().Entries).Id);
        time.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(_files[1], Assert.Single(served.Require().Entries).Id);
        Assert.Equal(_files[1], served.Find(PictureIndex.PublicId(_files[1])).Id);
        Assert.Throws<ApiException>(() => served.Find(PictureIndex.PublicId(_files[0])));
    }

    [Fact]
    public void AnIndexOfAnotherModelIsNotServed()
    {
        using (var index = ClipImageIndex.Create(_folder["other.index"], "0123456789", _model.Dimension, "ViT-B-32")) index.Save();
        var refused = Assert.Throws<ArgumentException>(
            () => new PictureIndex(new() { IndexPath = _folder["other.index"] }, _model));
        Assert.Contains("'ViT-B-32' of fingerprint 0123456789", refused.Message, StringComparison.Ordinal);
    }

    private ClipIndexEntry Entry(int picture) => new(_files[picture]) { Path = _files[picture] };

    private void Change(Action<ClipImageIndex> change)
    {
        var path = _folder["photos.index"];
        using var index = File.Exists(path) ? ClipImageIndex.Open(path) : ClipImageIndex.Create(path, _model);
        change(index);
        index.Save();
        // Files' times are coarse on some systems.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(index.Entries[0].Id == _files[0] ? 0 : 5));
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;
    }
}
