namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>A candidate's settings: those that its kind has no use for stay at their defaults.</summary>
internal sealed record CandidateSettings(CandidateKind Kind)
{
    /// <summary>Prompts with a place for the class, of the kinds that ask the text tower.</summary>
    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>The templates' name, for people.</summary>
    public string TemplatesName { get; init; } = "";

    /// <summary>How much the mean of a class's pictures counts beside its prompts, from 0 to 1.</summary>
    public float MeanWeight { get; init; }

    /// <summary>The nearest pictures that are asked.</summary>
    public int Neighbors { get; init; }

    /// <summary>How much the pictures that were kept count beside the prompts (alpha of Tip-Adapter).</summary>
    public float CacheWeight { get; init; }

    /// <summary>How fast a picture's say falls with its distance (beta of Tip-Adapter).</summary>
    public float CacheSharpness { get; init; }

    /// <summary>L2 regularization of the linear ones; 0 leaves it, L1 and the passes over the rows to SDCA's own choice.</summary>
    public float L2 { get; init; }

    /// <summary>Whether features are brought to mean 0 and variance 1 first.</summary>
    public bool Standardize { get; init; }

    /// <summary>Trees for each class.</summary>
    public int Trees { get; init; }

    /// <summary>Leaves of a tree.</summary>
    public int Leaves { get; init; }

    /// <summary>The fewest examples in a leaf.</summary>
    public int LeastExamples { get; init; }

    /// <summary>How much of what a tree says is taken.</summary>
    public double LearningRate { get; init; }

    /// <summary>Whether classes with few pictures weigh as much as those with many.</summary>
    public bool BalanceClasses { get; init; }

    /// <summary>The candidates whose probabilities are averaged; each counts the same.</summary>
    public IReadOnlyList<CandidateSettings> Members { get; init; } = [];

    /// <summary>What is fitted: the members of an average, or itself.</summary>
    public IReadOnlyList<CandidateSettings> Parts => Members.Count > 0 ? Members : [this];

    /// <summary>The settings that its kind has a use for, readable.</summary>
    public string Describe()
    {
        if (Members.Count > 0)
            return string.Join(" + ", Members.Select(one => one.Describe() is { Length: > 0 } own ? $"{one.Kind} ({own})" : $"{one.Kind}"));
        List<string> parts = [];
        if (TemplatesName.Length > 0) parts.Add($"prompts {TemplatesName}");
        if (Kind == CandidateKind.Prototypes) Add("mean weight", MeanWeight);
        if (Neighbors > 0) Add("neighbors", Neighbors);
        if (CacheWeight > 0) Add("weight", CacheWeight);
        if (CacheWeight > 0) Add("sharpness", CacheSharpness);
        if (L2 > 0) Add("L2", L2);
        else if (Kind == CandidateKind.SdcaMaximumEntropy) parts.Add("ML.NET's settings");
        if (Standardize) parts.Add("standardized");
        if (Trees > 0) Add("trees", Trees);
        if (Leaves > 0) Add("leaves", Leaves);
        if (LeastExamples > 0) Add("examples in a leaf", LeastExamples);
        if (BalanceClasses) parts.Add("classes balanced");
        return string.Join(", ", parts);

        void Add(string name, float value) => parts.Add(FormattableString.Invariant($"{name} {value}"));
    }
}
