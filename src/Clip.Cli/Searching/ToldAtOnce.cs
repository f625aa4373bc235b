namespace Clip.Cli.Searching;

/// <summary>Progress told on the thread that makes it: <see cref="Progress{T}"/> tells it later, and perhaps out of order.</summary>
internal sealed class ToldAtOnce(Action<int> told) : IProgress<int>
{
    public void Report(int value) => told(value);
}
