namespace Microsoft.ML.Clip.Experiments;

/// <summary>The settings of an experiment.</summary>
public sealed record ClipExperimentOptions
{
    /// <summary>The model folders: at least one. Of several, the features of all together are tried too.</summary>
    public required IReadOnlyList<string> ModelFolders { get; init; }

    /// <summary>How long candidates are tried, once the features are there. Default five minutes.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The column of texts; <see langword="null"/> (default) for none.</summary>
    public string? TextColumnName { get; init; }

    /// <summary>
    /// The column that tells what belongs together, such as the scene of a photo: rows of one group are never on both sides of a split.
    /// <see langword="null"/> (default) for none.
    /// </summary>
    public string? GroupColumnName { get; init; }

    /// <summary>The folder that pictures' paths are relative to; <see langword="null"/> (default) is the current directory.</summary>
    public string? ImageFolder { get; init; }

    /// <summary>Where features are kept, so that none is computed twice; <see langword="null"/> (default) for nowhere.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Prompts with <c>{}</c> for the class, tried beside those that are tried always.</summary>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>The most folds of the cross-validation; fewer where a class has fewer pictures. Default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>What is to be best. Default <see cref="ClipExperimentMetric.MacroRecall"/>.</summary>
    public ClipExperimentMetric Metric { get; init; } = ClipExperimentMetric.MacroRecall;

    /// <summary>Decides what is drawn: the folds, and where trainers start. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Whether averages over views of a picture are tried: its mirror image and crops. Default true. They take two and ten times as long
    /// to compute, each at most a quarter of <see cref="TimeLimit"/>; what was not done by then is left out, and kept for the next time.
    /// </summary>
    public bool TryViews { get; init; } = true;

    /// <summary>
    /// Pictures that nobody has labeled, for advice on which to label and when to refuse; default none. Nothing is said of them where the
    /// best candidate reads texts.
    /// </summary>
    public IReadOnlyList<string> UnlabeledImages { get; init; } = [];

    /// <summary>
    /// The name of one more class, for pictures that are none of the others: it is learned from those of <see cref="UnlabeledImages"/> that
    /// are farther from every labeled picture than these are from each other. <see langword="null"/> (default) for no such class.
    /// </summary>
    public string? NoneClass { get; init; }

    /// <summary>The kinds of candidates that are tried; <see langword="null"/> for all.</summary>
    internal IReadOnlyList<CandidateKind>? Kinds { get; init; }

    internal bool Tries(CandidateKind kind) => Kinds?.Contains(kind) != false;

    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    internal void Check()
    {
        if (ModelFolders is not { Count: > 0 })
            throw new ArgumentException("There is no model folder; name at least one in ModelFolders.", nameof(ModelFolders));
        if (TimeLimit <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(TimeLimit), TimeLimit, "The time limit must be more than nothing.");
        ArgumentOutOfRangeException.ThrowIfLessThan(Folds, 2);
        if (NoneClass is not null && (string.IsNullOrWhiteSpace(NoneClass) || UnlabeledImages.Count == 0 || TextColumnName is not null))
        {
            throw new ArgumentException(
                "A class for pictures that are none of the others needs a name, and unlabeled pictures to learn it from, without texts.",
                nameof(NoneClass));
        }

        if (!Enum.IsDefined(Metric)) throw new ArgumentOutOfRangeException(nameof(Metric), Metric, "There is no such metric.");
        if (Templates?.FirstOrDefault(template => !PromptTemplates.HasPlace(template)) is { } template)
        {
            throw new ArgumentException(
                $"The template '{template}' has no place for the class; write {{}} where it goes.", nameof(Templates));
        }
    }
}
