namespace Clip.Data.Tests.Loading;

/// <summary>In the end the log is that of a run without interruption, wherever the run was interrupted.</summary>
public sealed class SampleLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Log => _folder["samples.log"];

    [Fact]
    public void ALineTellsTheStepFromOneOnAndTheKey()
    {
        Write(0, 2);

        Assert.Equal("1\tcafé 0\n1\tb 0\n2\tcafé 1\n2\tb 1\n", File.ReadAllText(Log));
    }

    [Fact]
    public void WhatIsWrittenOutlivesTheProcess()
    {
        using var log = new SampleLog(Log, 0);
        log.Write(Batch(0));

        using var other = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(other);
        Assert.Equal("1\tcafé 0\n1\tb 0\n", reader.ReadToEnd());
    }

    /// <summary>Steps of two digits come behind those of one.</summary>
    [Fact]
    public void WhateverStepARunGoesOnAt_TheLogIsThatOfAWholeOne()
    {
        Write(0, 12);
        var whole = File.ReadAllText(Log);
        for (var step = 0; step <= 12; step++)
        {
            Write(step, 12);
            Assert.Equal(whole, File.ReadAllText(Log));
        }
    }

    [Fact]
    public void ALineCutShortIsDropped()
    {
        Write(0, 3);
        var whole = File.ReadAllText(Log);
        foreach (var rest in new[] { "4", "4\tca", "\n", "nonsense\n", "3\tcafé" })
        {
            File.WriteAllText(Log, whole + rest);
            Write(3, 3);
            Assert.Equal(whole, File.ReadAllText(Log));
        }

        // A line without its end does not count either.
        File.WriteAllText(Log, whole[..^1]);
        new SampleLog(Log, 3).Dispose();

        Assert.Equal(whole[..whole.LastIndexOf("3\t", StringComparison.Ordinal)], File.ReadAllText(Log));
    }

    [Fact]
    public void OnlyALogIsReplaced()
    {
        SampleLog.EnsureReplaceable(Log); // nothing is there
        File.WriteAllText(Log, "");
        SampleLog.EnsureReplaceable(Log);
        Write(0, 1);
        SampleLog.EnsureReplaceable(Log);
        foreach (var other in new[] { "filepath\ttitle\n", "1, a.png\n", "2\ta.png\n", "\n1\ta.png\n" })
        {
            File.WriteAllText(Log, other);
            Assert.Contains("is no log of samples", Assert.Throws<ClipException>(() => SampleLog.EnsureReplaceable(Log)).Message);
            Assert.Equal(other, File.ReadAllText(Log));
        }

        Assert.Contains("is a folder", Assert.Throws<ClipException>(() => SampleLog.EnsureReplaceable(_folder.Path)).Message);
    }

    [SkippableFact]
    public void APipeIsNoLog()
    {
        NamedPipe.Make(Log);

        var error = NamedPipe.Throws<ClipException>(() => SampleLog.EnsureReplaceable(Log));

        Assert.Contains("is a pipe or a device", error.Message, StringComparison.Ordinal);
    }

    private void Write(int from, int to)
    {
        using var log = new SampleLog(Log, from);
        for (var step = from; step < to; step++) log.Write(Batch(step));
    }

    private static PairBatch Batch(int step) => new(step, 2, [], [], 0) { Keys = [$"café {step}", $"b {step}"] };
}
