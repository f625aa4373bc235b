namespace Clip.Bench;

/// <summary>
/// What more ranks would come to, on paper: from the share of a sum that a step hides here, and the bytes and the speed of a link.
/// </summary>
/// <param name="two">What two ranks measured.</param>
/// <param name="apart">What two processes did that do not speak to each other.</param>
internal sealed class ScalingModel(RankResult two, RankResult apart)
{
    // ViT-B/32 with 512 pairs a GPU, eight GPUs a machine, 100 Gb/s between machines.
    private const double Weights = 151.3e6, Dimension = 512, Pairs = 512, Link = 100e9 / 8, PerMachine = 8;

    /// <summary>The share of a sum's time that a step does not wait for, in the largest model here.</summary>
    private double Hidden
    {
        get
        {
            var (step, alone) = (two.Steps[^1], apart.Steps[^1]);
            var sum = two.SumSeconds * 4 * step.Summed / two.SumBytes;
            return Math.Clamp(1 - ((step.Seconds - alone.Seconds) / sum), 0, 1);
        }
    }

    public string Text()
    {
        var text = new StringWriter { NewLine = "\n" };
        text.WriteLine($"Of the time that a sum of all gradients takes by itself, a step of two ranks on one machine hides "
            + $"{100 * Hidden:F0} %");
        text.WriteLine($"({two.Steps[^1].Parameters / 1e6:F0} M parameters; bench/README.md). With that share, a step that computes for "
            + "t seconds");
        text.WriteLine($"on each of N GPUs, eight to a machine, reaches this part of the speed of N that do not speak to each other:\n");
        text.WriteLine($"| N | t = 0.25 s | 0.5 s | 1 s | 1 s, nothing hidden | 0.25 s, gradients in bf16 |\n"
            + "|---:|---:|---:|---:|---:|---:|");
        foreach (var n in new[] { 8, 16, 32, 64 })
        {
            text.WriteLine($"| {n} | {Efficiency(n, 0.25, Hidden, 4):F2} | {Efficiency(n, 0.5, Hidden, 4):F2} "
                + $"| {Efficiency(n, 1, Hidden, 4):F2} | {Efficiency(n, 1, 0, 4):F2} | {Efficiency(n, 0.25, Hidden, 2):F2} |");
        }

        var kept = Math.Min(1, apart.EmbedSeconds / two.EmbedSeconds);
        text.WriteLine($"\nTwo ranks here embed at {kept:F2} of the speed of two that do not speak. A billion images, "
            + "at r images a second and GPU on 64 of");
        text.WriteLine("them that keep as much, and a million's cost at 2 a GPU-hour:\n");
        text.WriteLine($"| r | hours | reading, at 30 kB an image | cost of a million |\n|---:|---:|---:|---:|");
        foreach (var rate in new[] { 250.0, 1000, 4000 })
        {
            var seconds = 1e9 / (rate * 64 * kept);
            text.WriteLine($"| {rate:F0} | {seconds / 3600:F1} | {30e3 / seconds:F1} GB/s | {2 * 64 * seconds / 3600 / 1000:F2} |");
        }

        return text.ToString();

    }

    /// <summary>Speed beside that of as many GPUs that do not speak.</summary>
    /// <param name="gpus">How many, all machines together.</param>
    /// <param name="compute">Seconds of a step's computation.</param>
    /// <param name="hidden">The share of the gradients' sum that goes on beside backward.</param>
    /// <param name="bytes">Of a number that travels.</param>
    private static double Efficiency(int gpus, double compute, double hidden, double bytes)
    {
        // The ring passes each machine's link once in each direction; within a machine memory is faster than the link.
        var machines = Math.Max(1, gpus / PerMachine);
        if (machines < 2) return 1;
        var around = (machines - 1) / machines;
        var gradients = 2 * around * bytes * Weights / Link;
        var features = around * 4 * 2 * Dimension * Pairs * gpus / Link;
        // Backward is two thirds of a step; what is hidden must fit beside it.
        var waited = Math.Max(gradients * (1 - hidden), gradients - (compute * 2 / 3));
        return compute / (compute + waited + features);
    }
}
