using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Results;

/// <summary>Results as a measurement leaves them.</summary>
internal static class Measured
{
    public static Bootstrap Draws { get; } = new(draws: 50);

    public static EvaluationResult Result(string dataset, string model, params Metric[] metrics) => new()
    {
        Dataset = dataset,
        Model = model,
        Pretrained = "f00d",
        Task = EvaluationResult.ZeroShotTask,
        Data = "d1",
        Metrics = metrics,
    };

    public static Metric Mean(string name, params double[] hits) => Metric.Of(name, new MeanStatistic(hits), Draws);
}
