namespace Clip.Evaluation.Metrics;

/// <summary>
/// A metric as a function of how often each picture (or caption) counts, so that it can be measured on any draw of them: what the
/// bootstrap does, and what keeps the outcomes of two models comparable picture by picture.
/// </summary>
internal abstract record Statistic
{
    /// <summary>How many pictures or captions it is of.</summary>
    public abstract int Count { get; }

    /// <summary>The metric.</summary>
    public double Value
    {
        get
        {
            var once = new int[Count];
            Array.Fill(once, 1);
            return Of(once);
        }
    }

    /// <summary>The metric where each counts so many times.</summary>
    /// <param name="times">[Count] numbers, not all 0.</param>
    public abstract double Of(ReadOnlySpan<int> times);
}

/// <summary>
/// The mean of a value a picture: accuracy, where a value is whether it was right, or the chance of that where scores tie.
/// </summary>
/// <param name="Values">The values, from 0 to 1.</param>
internal sealed record MeanStatistic(IReadOnlyList<double> Values) : Statistic
{
    public override int Count => Values.Count;

    public override double Of(ReadOnlySpan<int> times)
    {
        var (sum, count) = (0.0, 0L);
        for (var i = 0; i < times.Length; i++)
        {
            if (times[i] == 0) continue;
            sum += times[i] * Values[i];
            count += times[i];
        }

        return sum / count;
    }
}

/// <summary>
/// The mean of the classes' means (scikit-learn's <c>balanced_accuracy_score</c>), of those classes that have pictures.
/// </summary>
/// <param name="Values">A value a picture.</param>
/// <param name="Classes">Each picture's class, from 0.</param>
internal sealed record ClassMeanStatistic(IReadOnlyList<double> Values, IReadOnlyList<int> Classes) : Statistic
{
    public override int Count => Values.Count;

    public override double Of(ReadOnlySpan<int> times)
    {
        var sums = new double[Classes.Max() + 1];
        var counts = new long[sums.Length];
        for (var i = 0; i < times.Length; i++)
        {
            sums[Classes[i]] += times[i] * Values[i];
            counts[Classes[i]] += times[i];
        }

        return Enumerable.Range(0, sums.Length).Where(c => counts[c] > 0).Average(c => sums[c] / counts[c]);
    }
}

/// <summary>
/// The mean over classes of average precision, for pictures with any number of right labels: the mean of the precision at each right
/// picture, from the highest score down (CLIP_benchmark's <c>mean_average_precision</c>). Pictures of one score come together, as in
/// scikit-learn's <c>average_precision_score</c>; a class without a right picture counts as 0.
/// </summary>
internal sealed record AveragePrecisionStatistic : Statistic
{
    private readonly int[][] _order;
    private readonly bool[][] _isRight;

    /// <param name="scores">For each picture a score for each class, [pictures][classes].</param>
    /// <param name="right">For each picture its right classes.</param>
    public AveragePrecisionStatistic(IReadOnlyList<float[]> scores, IReadOnlyList<int[]> right)
    {
        (Scores, Right) = (scores, right);
        var classes = scores[0].Length;
        _isRight = [.. Enumerable.Range(0, classes).Select(_ => new bool[scores.Count])];
        for (var i = 0; i < scores.Count; i++)
        {
            foreach (var c in right[i]) _isRight[c][i] = true;
        }

        _order = new int[classes][];
        Parallel.For(0, classes, c => _order[c] = [.. Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i][c])]);
    }

    public IReadOnlyList<float[]> Scores { get; }

    public IReadOnlyList<int[]> Right { get; }

    public override int Count => Scores.Count;

    public override double Of(ReadOnlySpan<int> times)
    {
        var sum = 0.0;
        for (var c = 0; c < _order.Length; c++) sum += OfClass(c, times);
        return sum / _order.Length;
    }

    /// <summary>The average precision of one class.</summary>
    public double OfClass(int c, ReadOnlySpan<int> times)
    {
        var (sum, right, seen, rightHere) = (0.0, 0L, 0L, 0L);
        var order = _order[c];
        for (var place = 0; place < order.Length; place++)
        {
            var i = order[place];
            seen += times[i];
            if (_isRight[c][i]) rightHere += times[i];
            // Those of one score are all above the threshold or none.
            if (rightHere == 0 || (place + 1 < order.Length && Scores[order[place + 1]][c] == Scores[i][c])) continue;
            right += rightHere;
            sum += rightHere * ((double)right / seen);
            rightHere = 0;
        }

        return right == 0 ? 0 : sum / right;
    }
}
