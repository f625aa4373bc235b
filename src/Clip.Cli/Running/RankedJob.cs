using Clip.Cli.Options;
using Clip.Data.Distributed;

namespace Clip.Cli.Running;

/// <summary>Runs a command on all ranks that mpirun has started: where one fails, it says why, and all end.</summary>
internal static class RankedJob
{
    /// <summary>Joins the job, does the work and leaves; on a process that was started on its own, does the work.</summary>
    public static async Task<int> RunAsync(Func<Ranks, Task<int>> work)
    {
        var ranks = Ranks.Join();
        try
        {
            var code = await work(ranks).ConfigureAwait(false);
            ranks.Leave();
            return code;
        }
        catch (Exception e) when (ranks.AreSeveral && Failure.Of(e) is { } failure)
        {
            await Console.Error.WriteLineAsync($"clip: rank {ranks.Rank} of {ranks.Size}: {failure.Sentence}").ConfigureAwait(false);
            await Console.Error.FlushAsync().ConfigureAwait(false);
            ranks.Abort(failure.ExitCode);
            return failure.ExitCode;
        }
    }
}
