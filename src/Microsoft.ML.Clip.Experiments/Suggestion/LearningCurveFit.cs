namespace Microsoft.ML.Clip.Experiments.Suggestion;

/// <summary>
/// What more pictures would bring: errors fall as a power of the pictures of a class (Hestness et al., 2017, "Deep Learning Scaling is
/// Predictable, Empirically"), a straight line through the logarithms. It is a guess, the better the nearer it is to what was measured.
/// </summary>
/// <param name="Error">The error at one picture a class.</param>
/// <param name="Exponent">The power by which it falls; 0 where more pictures bring nothing.</param>
internal sealed record LearningCurveFit(double Error, double Exponent)
{
    /// <summary>Standard errors below this say nothing of how well a point is known.</summary>
    private const double LeastStandardError = 0.005;

    /// <summary>The line through points; those that are known better count more.</summary>
    /// <param name="points">Pictures a class, accuracy, and its standard error.</param>
    /// <returns>Null where fewer than two points have errors at all.</returns>
    public static LearningCurveFit? Of(IReadOnlyList<(int Pictures, double Accuracy, double StandardError)> points)
    {
        (double X, double Y, double Weight)[] logs =
        [
            .. points.Where(point => point.Accuracy < 1).Select(point =>
            {
                var error = 1 - point.Accuracy;
                var spread = Math.Max(LeastStandardError, point.StandardError) / error;
                return (Math.Log(point.Pictures), Math.Log(error), 1 / (spread * spread));
            }),
        ];
        if (logs.Length < 2) return null;
        var all = logs.Sum(log => log.Weight);
        double x = logs.Sum(log => log.Weight * log.X) / all, y = logs.Sum(log => log.Weight * log.Y) / all;
        var slope = logs.Sum(log => log.Weight * (log.X - x) * (log.Y - y)) / logs.Sum(log => log.Weight * (log.X - x) * (log.X - x));
        slope = Math.Min(0, slope);
        return new LearningCurveFit(Math.Exp(y - slope * x), -slope);
    }

    /// <summary>The accuracy to be expected of so many pictures a class.</summary>
    public double AccuracyAt(int pictures) => Math.Clamp(1 - Error * Math.Pow(pictures, -Exponent), 0, 1);
}
