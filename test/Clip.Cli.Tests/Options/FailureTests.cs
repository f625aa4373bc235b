using Clip.Cli.Options;

namespace Clip.Cli.Tests.Options;

public sealed class FailureTests
{
    /// <summary>A shell's number of what the user stops: 128 and SIGINT's 2.</summary>
    [Fact]
    public void WhatIsStoppedEndsAsShellsKnowIt()
    {
        Assert.Equal(new Failure("cancelled", 130), Failure.Of(new OperationCanceledException()));
        Assert.Equal(new Failure("cancelled", 130), Failure.Of(new TaskCanceledException()));
    }

    /// <summary>ML.NET's threads wrap what is thrown on them.</summary>
    [Fact]
    public void AMistakeIsOneLineAndNoBugOfOurs()
    {
        var mistake = new ArgumentException("The table\nhas no rows.", "table");

        Assert.Equal(new Failure("The table has no rows.", 1), Failure.Of(new InvalidOperationException("Splitter", mistake)));
        Assert.Equal(new Failure("give --model.", 1), Failure.Of(new ClipException("give `Model`.")));
        Assert.Null(Failure.Of(new InvalidOperationException("a bug")));
    }
}
