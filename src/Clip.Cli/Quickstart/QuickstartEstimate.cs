using System.Globalization;

namespace Clip.Cli.Quickstart;

/// <summary>How long the quickstart will take, told before it starts: it is the first thing that a new user waits for.</summary>
internal static class QuickstartEstimate
{
    /// <summary>Pairs in a step.</summary>
    public const int BatchSize = 128;

    /// <summary>What two cores take for the usual 558 steps, from drawing to the last answer.</summary>
    private const double UsualSeconds = 110, UsualSteps = 558;

    public static string Of(int pictures, int epochs)
    {
        var steps = (long)epochs * (pictures / BatchSize);
        // In halves: what it really takes depends on the machine, and the training shows the time left.
        var halves = (long)Math.Round(2 * UsualSeconds * steps / UsualSteps / 60);
        var time = halves switch
        {
            < 2 => "less than a minute",
            2 => "about a minute",
            3 => "about a minute and a half",
            _ => string.Create(CultureInfo.InvariantCulture, $"about {halves / 2.0} minutes"),
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"This takes {time} on two cores, most of it for {steps} training {(steps == 1 ? "step" : "steps")} of {BatchSize} pictures.");
    }
}
