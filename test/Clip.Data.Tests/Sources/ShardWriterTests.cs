using Clip.Data;
using Clip.Data.Sources;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests.Sources;

/// <summary>Shards that are written and read again, cut short, or not written to the end.</summary>
public sealed class ShardWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AStopLeavesNothingBehind()
    {
        using var stop = new CancellationTokenSource();
        using var records = Records(["a cat"], ["a dog"], ["a cow"]);
        using var stopping = new StoppingSource(records, stop);

        Assert.ThrowsAny<OperationCanceledException>(() => new ShardWriter(_folder["shards"], 1 << 20).Write(stopping, Bad(3), stop.Token));

        Assert.Equal(1, stopping.Reads);
        Assert.Empty(Directory.GetDirectories(_folder.Path));
    }

    [Fact]
    public void WhatIsWrittenIsReadAgain() => Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 9].Array[1, 3].Array[1, 9], Gen.Int[1, 6000])
        .Holds(drawn =>
        {
            var (captions, size) = drawn;
            using var records = Records(captions);
            var folder = _folder[Guid.NewGuid().ToString("N")];

            var (written, shards) = new ShardWriter(folder, size).Write(records, Bad(captions.Length), CancellationToken.None);

            using var again = RecordSources.Open(folder, new RecordSourceOptions());
            Assert.Equal((captions.Length, captions.Length), (written, again.Count));
            Assert.Equal(shards, Directory.GetFiles(folder, "*.tar").Length);
            Assert.Equal(captions, Enumerable.Range(0, again.Count).Select(i => again.ReadCaptions(i).ToArray()));
            for (var i = 0; i < captions.Length; i++)
            {
                using ImageBytes before = records.ReadImage(i), after = again.ReadImage(i);
                Assert.Equal(before.Span.ToArray(), after.Span.ToArray());
            }
        }, count: 20);

    /// <summary>In the last member there is no header behind it that would be missed.</summary>
    [Fact]
    public void AShardCutShortInItsLastMemberIsNoticed()
    {
        var path = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt", "2.jpg", "2.txt=" + new string('a', 5000));
        var end = File.ReadAllBytes(path).AsSpan().LastIndexOf((byte)'a') + 1;
        using (var file = File.OpenWrite(path)) file.SetLength(end - 4500);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal(["1.txt"], Enumerable.Range(0, records.Count).SelectMany(records.ReadCaptions));
        Assert.Equal(
            $"the shard cannot be read beyond 2: the file is cut short: 2.txt should go on for 4500 more bytes",
            Assert.Single(records.Unusable).Value);
    }

    /// <summary>What fills a member up to a block, and the blocks of zeros at the end, hold nothing.</summary>
    [Fact]
    public void AShardThatLacksOnlyWhatFollowsItsLastMemberIsWhole()
    {
        var path = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt=abc");
        var end = File.ReadAllBytes(path).AsSpan().LastIndexOf("abc"u8) + 3;
        using (var file = File.OpenWrite(path)) file.SetLength(end);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal(["abc"], records.ReadCaptions(0));
    }

    private static BadRecords Bad(int total) => new(total, 0, report: null);

    /// <summary>A record for each list of captions, with a picture of its own size.</summary>
    private TableSource Records(params string[][] captions)
    {
        var rows = new List<CaptionedImage>();
        foreach (var each in captions)
        {
            var file = _folder[$"{rows.Count}.png"];
            File.WriteAllBytes(file, Pictures.Png(3 + rows.Count, 4).ToArray());
            rows.Add(new CaptionedImage(file, each));
        }

        return new TableSource(rows);
    }

    /// <summary>The user stops while the first record is read.</summary>
    private sealed class StoppingSource(IRecordSource source, CancellationTokenSource stop) : IRecordSource
    {
        public int Reads { get; private set; }

        public int Count => source.Count;

        public string Fingerprint => source.Fingerprint;

        public string Key(int record) => source.Key(record);

        public ImageBytes ReadImage(int record)
        {
            Reads++;
            stop.Cancel();
            return source.ReadImage(record);
        }

        public IReadOnlyList<string> ReadCaptions(int record) => source.ReadCaptions(record);

        public void Dispose() => source.Dispose();
    }
}
