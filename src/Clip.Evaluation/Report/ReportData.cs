using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Report;

/// <summary>Everything that a report tells: what was measured, on what, and what was run.</summary>
/// <param name="Title">The page's.</param>
/// <param name="Kind">The command that wrote it, above the title.</param>
/// <param name="Models">As the user named them; results tell theirs by its place here.</param>
/// <param name="Sets">Labeled pictures, or pictures without labels of their own.</param>
/// <param name="Retrievals">Captioned pictures.</param>
/// <param name="Facts">What was run, by groups: command, versions, fingerprints, times.</param>
internal sealed record ReportData(
    string Title,
    string Kind,
    IReadOnlyList<string> Models,
    IReadOnlyList<ReportedSet> Sets,
    IReadOnlyList<ReportedRetrieval> Retrievals,
    IReadOnlyList<ReportedFacts> Facts)
{
    /// <summary>Sections of the command's own, before all others.</summary>
    public IReadOnlyList<HtmlSection> Sections { get; init; } = [];

    /// <summary>The pictures of those sections, at the places of <see cref="HtmlPage.Picture"/>.</summary>
    public IReadOnlyList<ReportedPicture> Pictures { get; init; } = [];

    /// <summary>Results of others to stand beside these, by the names of the sets here.</summary>
    public IReadOnlyList<PublishedResult> Published { get; init; } = [];
}

/// <summary>Facts that belong together.</summary>
/// <param name="Title">What they are of.</param>
/// <param name="Entries">Names and values, in order.</param>
internal sealed record ReportedFacts(string Title, IReadOnlyList<(string Name, string Value)> Entries);

/// <summary>A picture that can be read again.</summary>
/// <param name="Name">Its path or key, as people know it.</param>
/// <param name="Read">Its file's bytes.</param>
internal sealed record ReportedPicture(string Name, Func<byte[]> Read);

/// <summary>A number that was measured.</summary>
/// <param name="Name">CLIP_benchmark's, such as <c>acc1</c>.</param>
/// <param name="Value">The number.</param>
/// <param name="Low">The lower end of its confidence interval, where there is one.</param>
/// <param name="High">The upper end.</param>
internal sealed record ReportedMetric(string Name, double Value, double? Low = null, double? High = null);

/// <summary>Pictures that models chose labels for.</summary>
/// <param name="Name">The data set's.</param>
/// <param name="Fingerprint">What it is told from others by (<see cref="Outcomes.DataFingerprint"/>).</param>
/// <param name="Labels">Every candidate.</param>
/// <param name="Prompts">A prompt for each label: the first template's, or the label itself.</param>
/// <param name="Pictures">All that were measured.</param>
/// <param name="Right">For each picture the numbers of its labels; null where none are known.</param>
/// <param name="Runs">What each model made of them.</param>
internal sealed record ReportedSet(
    string Name,
    string Fingerprint,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> Prompts,
    IReadOnlyList<ReportedPicture> Pictures,
    IReadOnlyList<IReadOnlyList<int>>? Right,
    IReadOnlyList<ReportedRun> Runs);

/// <summary>What a model made of a set.</summary>
/// <param name="Model">Its number.</param>
/// <param name="Outcomes">One for each picture.</param>
/// <param name="Metrics">What was measured on all pictures.</param>
internal sealed record ReportedRun(int Model, IReadOnlyList<PictureOutcome> Outcomes, IReadOnlyList<ReportedMetric> Metrics)
{
    /// <summary>How each label's class fared; none where no right labels are known.</summary>
    public IReadOnlyList<ClassResult> Classes { get; init; } = [];

    /// <summary>What was taken for what, the most frequent first; of the set's pictures by their places.</summary>
    public IReadOnlyList<ConfusionPair> Confusions { get; init; } = [];

    /// <summary>The reliability of probabilities; null where there are none of one right label each.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>An embedding for each picture, for the map; null where there is none to be had.</summary>
    public IReadOnlyList<float[]>? Embeddings { get; init; }

    /// <summary>For each label the recall of a linear probe, to stand beside zero-shot's; NaN where a class has no picture.</summary>
    public IReadOnlyList<double>? ProbeRecalls { get; init; }
}

/// <summary>How a model finds pictures and captions by each other.</summary>
/// <param name="Name">The data set's.</param>
/// <param name="Fingerprint">What it is told from others by (<see cref="Outcomes.DataFingerprint"/>).</param>
/// <param name="Model">The model's number.</param>
/// <param name="Pictures">All that were searched.</param>
/// <param name="Texts">All captions.</param>
/// <param name="PictureOfText">For each caption the number of its picture.</param>
/// <param name="PictureFeatures">Of unit length.</param>
/// <param name="TextFeatures">Of unit length.</param>
/// <param name="Metrics">What was measured.</param>
internal sealed record ReportedRetrieval(
    string Name,
    string Fingerprint,
    int Model,
    IReadOnlyList<ReportedPicture> Pictures,
    IReadOnlyList<string> Texts,
    IReadOnlyList<int> PictureOfText,
    IReadOnlyList<float[]> PictureFeatures,
    IReadOnlyList<float[]> TextFeatures,
    IReadOnlyList<ReportedMetric> Metrics);
