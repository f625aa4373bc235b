namespace Clip.Trainer.Training;

/// <summary>
/// The learning rate range test (Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3): the rate rises
/// exponentially from step to step until the loss runs away.
/// </summary>
internal sealed class LearningRateFinder
{
    private const double Lowest = 1e-6, Highest = 1, Memory = 0.9, RunAway = 2;
    private readonly List<(double LearningRate, double Loss)> _curve = [];
    private double _average;
    private double _first = double.NaN;
    private double _best = double.PositiveInfinity;

    /// <summary>Steps from the lowest rate to the highest.</summary>
    public const int Steps = 100;

    /// <summary>The rates tried with their losses, averaged over some ten steps.</summary>
    public IReadOnlyList<(double LearningRate, double Loss)> Curve => _curve;

    /// <summary>The rate to try next.</summary>
    public double Next => Lowest * Math.Pow(Highest / Lowest, _curve.Count / (Steps - 1.0));

    /// <summary>Takes the loss of a step at <see cref="Next"/>.</summary>
    /// <returns>False when enough is known.</returns>
    public bool Add(double loss)
    {
        if (!double.IsFinite(loss)) return false;
        if (double.IsNaN(_first)) _first = loss;
        _average = (Memory * _average) + ((1 - Memory) * loss);
        var smooth = _average / (1 - Math.Pow(Memory, _curve.Count + 1));
        _curve.Add((Next, smooth));
        _best = Math.Min(_best, smooth);
        return smooth < RunAway * _first && smooth < RunAway * _best && _curve.Count < Steps;
    }

    /// <summary>
    /// A tenth of the rate with the lowest loss: beyond that one training falls apart, and a peak must stay well below it.
    /// </summary>
    /// <exception cref="ClipException">The loss never fell.</exception>
    public double Suggest()
    {
        var best = _curve.Count == 0 ? default : _curve.MinBy(p => p.Loss);
        return _curve.Count > 1 && best.Loss < _curve[0].Loss
            ? best.LearningRate / 10
            : throw new ClipException("The loss fell at no learning rate; check the data and the captions.");
    }
}
