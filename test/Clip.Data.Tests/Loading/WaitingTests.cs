namespace Clip.Data.Tests.Loading;

/// <summary>What may block is not waited for once it is canceled, and is otherwise as if it had been called; and folders to make.</summary>
public sealed class WaitingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AResultAndAnErrorComeBack()
    {
        Assert.Equal(7, Interruptible.Run(() => 7, CancellationToken.None));
        Assert.Equal("no", Assert.Throws<InvalidDataException>(() =>
            Interruptible.Run<int>(() => throw new InvalidDataException("no"), CancellationToken.None)).Message);
    }

    [Fact]
    public void WhatIsStuckIsNotWaitedFor()
    {
        using var free = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.05));

        Assert.ThrowsAny<OperationCanceledException>(() => Interruptible.Run(() => free.Wait(TimeSpan.FromMinutes(1)), stop.Token));
        free.Set();
    }

    [Fact]
    public void ItemsAreThoseOfTheSequence_WhichIsEnded()
    {
        var ended = false;

        Assert.Equal([1, 2, 3], Interruptible.Items(Sequence(), CancellationToken.None));
        Assert.True(ended);

        IEnumerable<int> Sequence()
        {
            try
            {
                for (var i = 1; i < 4; i++) yield return i;
            }
            finally
            {
                ended = true;
            }
        }
    }

    [Fact]
    public void AnItemThatDoesNotComeIsNotWaitedFor()
    {
        using var free = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var items = new List<int>();

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (var item in Interruptible.Items(Sequence(), stop.Token))
            {
                items.Add(item);
                stop.CancelAfter(TimeSpan.FromSeconds(0.05));
            }
        });
        free.Set();

        Assert.Equal([1], items);

        IEnumerable<int> Sequence()
        {
            yield return 1;
            free.Wait(TimeSpan.FromMinutes(1));
            yield return 2;
        }
    }

    [Fact]
    public void AFolderToMakeIsNewOrEmpty()
    {
        _folder.Write("full/a.txt", "a");
        Directory.CreateDirectory(_folder["deep/empty"]);
        Directory.CreateDirectory(_folder["empty"]);

        Assert.Equal(_folder["new"], NewFolder.At(_folder["new"] + Path.DirectorySeparatorChar));
        Assert.Equal(_folder["new"], NewFolder.At(_folder["other/../new"]));
        Assert.Equal(_folder["empty"], NewFolder.At(_folder["empty"]));
        foreach (var name in new[] { "full", "full/a.txt", "deep" })
        {
            Assert.Equal(
                $"{_folder[name]} holds something already; give a new or an empty folder.",
                Assert.Throws<ClipException>(() => NewFolder.At(_folder[name])).Message);
        }

        Assert.False(Directory.Exists(_folder["new"]));
    }
}
