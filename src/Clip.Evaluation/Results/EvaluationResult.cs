using Clip.Evaluation.Metrics;

namespace Clip.Evaluation.Results;

/// <summary>What was measured of a model on a data set: an entry of CLIP_benchmark's results, and what it does not keep.</summary>
internal sealed record EvaluationResult
{
    public const string ZeroShotTask = "zeroshot_classification", RetrievalTask = "zeroshot_retrieval", ProbeTask = "linear_probe";

    /// <summary>The data set's name.</summary>
    public required string Dataset { get; init; }

    /// <summary>The model, as it was named.</summary>
    public required string Model { get; init; }

    /// <summary>Which weights: the model's fingerprint.</summary>
    public required string Pretrained { get; init; }

    /// <summary>One of the constants above.</summary>
    public required string Task { get; init; }

    /// <summary>What labels and prompts are in, for the results of several languages.</summary>
    public string Language { get; init; } = "en";

    /// <summary>The name of the known data set; null for any other.</summary>
    public string? Known { get; init; }

    /// <summary>The metrics, the main one first.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>Numbers that are no metrics: images, labels, chance, a probe's weight, seconds.</summary>
    public IReadOnlyList<(string Name, double Value)> Facts { get; init; } = [];

    /// <summary>What was measured on (<see cref="Outcomes.DataFingerprint"/>).</summary>
    public required string Data { get; init; }

    /// <summary>The reliability of probabilities; null where there are none.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>Pictures of each class in a few-shot probe; -1 as CLIP_benchmark has it for all others.</summary>
    public int FewShot { get; init; } = -1;

    /// <summary>What two results must have in common to be compared.</summary>
    public (string Dataset, string Task, int FewShot) Subject => (Dataset, Task, FewShot);
}
