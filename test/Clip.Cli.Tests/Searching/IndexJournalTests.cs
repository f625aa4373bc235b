using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Searching;

/// <summary>What an indexing that is cut off had computed, for the next one.</summary>
public sealed class IndexJournalTests : IDisposable
{
    private const string Model = "a fingerprint";
    private readonly TempFolder _folder = new();

    private string Path => _folder["photos.index.partial"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatWasAppendedIsThereAgain()
    {
        var whole = new ClipIndexEntry("b")
        {
            Path = "/b.png",
            Size = 5,
            Modified = DateTimeOffset.UnixEpoch.AddDays(1),
            Caption = "a b",
            ContentHash = "00ff",
        };
        using (var journal = IndexJournal.Open(Path, Model, 2, out var none))
        {
            Assert.Empty(none);
            journal.Append([(new ClipIndexEntry("a"), [1, 0])]);
            journal.Append([(whole, [0, 1]), (new ClipIndexEntry("c"), [0.6f, 0.8f])]);
        }

        // Gone on with, and cut off again.
        using (var journal = IndexJournal.Open(Path, Model, 2, out var kept))
        {
            Assert.Equal(3, kept.Count);
            journal.Append([(new ClipIndexEntry("d"), [0, -1])]);
        }

        Assert.Equal(
            [("a", "1 0"), ("b", "0 1"), ("c", "0.6 0.8"), ("d", "0 -1")], Reopened().Select(one => (one.Entry.Id, Text(one.Embedding))));
        Assert.Equal(whole, Reopened()[1].Entry);
    }

    [Fact]
    public void ACleanEndLeavesNothing()
    {
        using (var journal = IndexJournal.Open(Path, Model, 1, out _))
        {
            journal.Append([(new ClipIndexEntry("a"), [1])]);
            journal.Clear();
        }

        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public void AfterItWasClearedItBeginsAnew()
    {
        using (var journal = IndexJournal.Open(Path, Model, 1, out _))
        {
            journal.Append([(new ClipIndexEntry("a"), [1])]);
            journal.Clear();
            journal.Append([(new ClipIndexEntry("b"), [-1])]);
        }

        Assert.Equal("b", Assert.Single(Reopened(dimension: 1)).Entry.Id);
    }

    [Theory]
    [InlineData("another fingerprint", 2)]
    [InlineData(Model, 1)]
    public void WhatIsOfAnotherModelIsDropped(string model, int dimension)
    {
        using (var journal = IndexJournal.Open(Path, Model, 2, out _)) journal.Append([(new ClipIndexEntry("a"), [1, 0])]);

        Assert.Empty(Reopened(model, dimension));
        Assert.Empty(_folder.Entries);
    }

    /// <summary>Wherever the process ended in a record, those before it are whole, and what comes next is read after them.</summary>
    [Fact]
    public void ARecordThatIsCutOffIsDroppedAndGoneOnFrom()
    {
        using (var journal = IndexJournal.Open(Path, Model, 2, out _)) journal.Append([(new ClipIndexEntry("a"), [1, 0])]);
        var first = new FileInfo(Path).Length;
        using (var journal = IndexJournal.Open(Path, Model, 2, out _)) journal.Append([(new ClipIndexEntry("b"), [0, 1])]);
        var bytes = File.ReadAllBytes(Path);

        for (var length = first; length < bytes.Length; length++)
        {
            File.WriteAllBytes(Path, bytes[..(int)length]);
            using (var journal = IndexJournal.Open(Path, Model, 2, out var kept))
            {
                Assert.Equal("a", Assert.Single(kept).Entry.Id);
                journal.Append([(new ClipIndexEntry("c"), [0, -1])]);
            }

            Assert.Equal(["a", "c"], Reopened().Select(one => one.Entry.Id));
        }
    }

    [Fact]
    public void ARecordThatIsDamagedIsDroppedWithThoseBehindIt()
    {
        using (var journal = IndexJournal.Open(Path, Model, 1, out _))
            journal.Append([(new ClipIndexEntry("a"), [1]), (new ClipIndexEntry("b"), [1]), (new ClipIndexEntry("c"), [1])]);
        var bytes = File.ReadAllBytes(Path);
        bytes[bytes.AsSpan().IndexOf((byte)'b')]++;
        File.WriteAllBytes(Path, bytes);

        Assert.Equal("a", Assert.Single(Reopened(dimension: 1)).Entry.Id);
    }

    [Fact]
    public void OneProcessAloneHasIt()
    {
        using var held = IndexJournal.Open(Path, Model, 1, out _);

        var error = Assert.Throws<IOException>(() => IndexJournal.Open(Path, Model, 1, out _));

        Assert.StartsWith($"'{Path}' is held by another process", error.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> Reopened(string model = Model, int dimension = 2)
    {
        using var journal = IndexJournal.Open(Path, model, dimension, out var kept);
        return kept;
    }

    private static string Text(float[] embedding) => FormattableString.Invariant($"{embedding[0]} {embedding[1]}");
}
