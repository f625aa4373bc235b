using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>ML.NET's own trainers.</summary>
internal sealed class TrainedCandidate : FittedCandidate
{
    internal const int MostIterations = 500;

    /// <summary>
    /// The most numbers, 64 MB, that trainers which pass over the rows hundreds of times are given from a cache. Each pass over what has
    /// none makes the rows anew, and SDCA's hands them from a thread that shuffles to one that learns, which takes longer than to learn
    /// from so few.
    /// </summary>
    private const long MostCached = 1 << 24;

    private readonly MLContext _ml;
    private readonly int[] _slots;
    private readonly int _classes;

    private TrainedCandidate(MLContext ml, IReadOnlyList<ITransformer> steps, int[] slots, int classes) =>
        (_ml, Steps, _slots, _classes) = (ml, steps, slots, classes);

    public override IReadOnlyList<ITransformer> Steps { get; }

    public static TrainedCandidate Train(
        CandidateSettings settings, TrainingRows rows, int seed, CancellationToken cancellation) =>
        Stoppable(() => Fitted(settings, rows, seed, cancellation), cancellation);

    public override float[][] Predict(IReadOnlyList<float[]> rows, CancellationToken cancellation) =>
        Stoppable(() => Scores(rows, cancellation), cancellation);

    /// <summary>ML.NET, when it is stopped, throws what it likes; who has stopped it is known by the token.</summary>
    private static T Stoppable<T>(Func<T> work, CancellationToken cancellation)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    private static TrainedCandidate Fitted(CandidateSettings settings, TrainingRows rows, int seed, CancellationToken cancellation)
    {
        var ml = new MLContext(seed);
        using var stop = cancellation.Register(ml.CancelExecution);
        var weights = Weights(settings.BalanceClasses, rows);
        IDataView data = Load(ml, rows.Rows, i => rows.Classes[rows.Labels[i]], i => weights[i]);
        // A fold may have no row of a class; trainers know those that there are.
        int[] present = [.. rows.Labels.Distinct().Order()];
        var keys = ml.Data.LoadFromEnumerable(present.Select(label => new ClassName { Label = rows.Classes[label] }));
        data = ml.Transforms.Conversion.MapValueToKey(nameof(Row.Label), keyData: keys).Fit(data).Transform(data);
        List<ITransformer> steps = [];
        if (settings.Standardize)
        {
            var standardize = ml.Transforms.NormalizeMeanVariance(Features, fixZero: false, useCdf: false).Fit(data);
            steps.Add(standardize);
            data = standardize.Transform(data);
        }

        var isPassedOverOften = settings.Kind is CandidateKind.LbfgsMaximumEntropy or CandidateKind.SdcaMaximumEntropy;
        if (isPassedOverOften && (long)rows.Rows.Length * rows.Rows[0].Length <= MostCached) data = ml.Data.Cache(data);
        steps.Add(Trainer(ml, settings, seed).Fit(data));
        cancellation.ThrowIfCancellationRequested();
        return new TrainedCandidate(ml, steps, present, rows.Classes.Count);
    }

    private float[][] Scores(IReadOnlyList<float[]> rows, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (rows.Count == 0) return [];
        IDataView data = Load(_ml, rows, _ => "", _ => 1);
        foreach (var step in Steps) data = step.Transform(data);
        return
        [
            .. data.GetColumn<float[]>("Score").Select(scores =>
            {
                var row = new float[_classes];
                for (var i = 0; i < _slots.Length; i++) row[_slots[i]] = scores[i];
                var sum = row.Sum();
                // One-versus-all gives each class a probability of its own.
                return sum > 0 ? Array.ConvertAll(row, score => score / sum) : Array.ConvertAll(row, _ => 1f / _classes);
            }),
        ];
    }

    private static IEstimator<ITransformer> Trainer(MLContext ml, CandidateSettings settings, int seed)
    {
        var trainers = ml.MulticlassClassification.Trainers;
        return settings.Kind switch
        {
            CandidateKind.LbfgsMaximumEntropy => trainers.LbfgsMaximumEntropy(Weighed(new LbfgsMaximumEntropyMulticlassTrainer.Options
            {
                L1Regularization = 0,
                L2Regularization = settings.L2,
                MaximumNumberOfIterations = MostIterations,
                NumberOfThreads = 1,
            })),
            CandidateKind.SdcaMaximumEntropy => trainers.SdcaMaximumEntropy(Weighed(new SdcaMaximumEntropyMulticlassTrainer.Options
            {
                L1Regularization = settings.L2 > 0 ? 0 : null,
                L2Regularization = settings.L2 > 0 ? settings.L2 : null,
                MaximumNumberOfIterations = settings.L2 > 0 ? MostIterations : null,
                NumberOfThreads = 1,
            })),
            CandidateKind.LightGbm => trainers.LightGbm(Weighed(new LightGbmMulticlassTrainer.Options
            {
                NumberOfIterations = settings.Trees,
                NumberOfLeaves = settings.Leaves,
                MinimumExampleCountPerLeaf = settings.LeastExamples,
                LearningRate = settings.LearningRate,
                NumberOfThreads = 1,
                Seed = seed,
                Deterministic = true,
                Silent = true,
            })),
            _ => trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree(Weighed(new FastTreeBinaryTrainer.Options
            {
                NumberOfTrees = settings.Trees,
                NumberOfLeaves = settings.Leaves,
                MinimumExampleCountPerLeaf = settings.LeastExamples,
                LearningRate = settings.LearningRate,
                NumberOfThreads = 1,
                Seed = seed,
            }))),
        };
    }

    /// <summary>The columns that all trainers read alike.</summary>
    private static T Weighed<T>(T options)
        where T : TrainerInputBaseWithWeight
    {
        options.FeatureColumnName = Features;
        options.ExampleWeightColumnName = nameof(Row.Weight);
        return options;
    }

    /// <summary>A row's weight: 1, or that by which all classes weigh the same, and all rows together as without.</summary>
    private static float[] Weights(bool balance, TrainingRows rows)
    {
        if (!balance) return [.. rows.Labels.Select(_ => 1f)];
        var counts = rows.Labels.CountBy(label => label).ToDictionary();
        return [.. rows.Labels.Select(label => rows.Labels.Length / (float)(counts.Count * counts[label]))];
    }

    private static IDataView Load(MLContext ml, IReadOnlyList<float[]> rows, Func<int, string> label, Func<int, float> weight)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[Features].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Length);
        return ml.Data.LoadFromEnumerable(
            rows.Select((row, i) => new Row { ClipFeatures = row, Label = label(i), Weight = weight(i) }).ToList(), schema);
    }

    private sealed class Row
    {
        public float[] ClipFeatures { get; set; } = [];

        public string Label { get; set; } = "";

        public float Weight { get; set; }
    }

    private sealed class ClassName
    {
        public string Label { get; set; } = "";
    }
}
