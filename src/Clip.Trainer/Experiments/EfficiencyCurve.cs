using Clip.Conversion.Configs;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Experiments;

/// <summary>Zero-shot accuracy after so many images.</summary>
/// <param name="Images">Images processed.</param>
/// <param name="Top1">Share classified right.</param>
/// <param name="Top5">Share whose label is among the five best.</param>
internal sealed record EfficiencyPoint(long Images, double Top1, double Top5);

/// <summary>
/// How a model's zero-shot accuracy grows with the images processed (CLIP paper, figure 2), and so with the computation (figure 10).
/// </summary>
/// <param name="Model">The config's name.</param>
/// <param name="Gflops">What an image costs its image tower, forward, in billions of operations (<see cref="ModelCost"/>).</param>
/// <param name="Objective">What it was trained for.</param>
/// <param name="Points">In order.</param>
internal sealed record EfficiencyCurve(string Model, double Gflops, ObjectiveKind Objective, IReadOnlyList<EfficiencyPoint> Points)
{
    /// <summary>The highest top-1 accuracy.</summary>
    public double Best => Points.Count == 0 ? 0 : Points.Max(p => p.Top1);

    /// <summary>
    /// The images it took to reach a top-1 accuracy first, between two points in proportion on the logarithmic axis; null where it was not
    /// reached.
    /// </summary>
    public double? ImagesTo(double accuracy)
    {
        EfficiencyPoint? before = null;
        foreach (var point in Points)
        {
            if (point.Top1 >= accuracy)
            {
                if (before is null) return point.Images;
                var share = (accuracy - before.Top1) / (point.Top1 - before.Top1);
                return Math.Exp(Math.Log(before.Images) + share * Math.Log((double)point.Images / before.Images));
            }

            // What was lost again in between does not count as not reached.
            if (before is null || point.Top1 >= before.Top1) before = point;
        }

        return null;
    }

    /// <summary>
    /// How many times as many images this one needs as another to reach the best accuracy that both reach, and that accuracy; null where
    /// one of them learned nothing.
    /// </summary>
    public (double Times, double Accuracy)? SlowerThan(EfficiencyCurve other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var accuracy = Math.Min(Best, other.Best);
        return accuracy > 0 && ImagesTo(accuracy) is { } own && other.ImagesTo(accuracy) is { } others ? (own / others, accuracy) : null;
    }
}
