using System.Numerics.Tensors;
using Clip.Conversion;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>What a report of an experiment tells.</summary>
internal sealed record ExperimentReport
{
    /// <summary>The data's name.</summary>
    public string Name { get; init; } = "the data";

    /// <summary>What wrote the page, above the title.</summary>
    public string Kind { get; init; } = "Experiment";

    /// <summary>What the features are of: a model, or several.</summary>
    public required string Model { get; init; }

    /// <summary>The labels' names.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>For each row its label.</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>For each row its picture; null for a row that is a text alone.</summary>
    public required IReadOnlyList<StoredImage?> Images { get; init; }

    /// <summary>For each row its text; null for a row that is a picture alone.</summary>
    public required IReadOnlyList<string?> Texts { get; init; }

    /// <summary>For each row the features of length 1 that the winner began with; empty for no map.</summary>
    public IReadOnlyList<float[]> Features { get; init; } = [];

    /// <summary>For each row a probability for each label, of a model that has not seen it.</summary>
    public required IReadOnlyList<float[]> Probabilities { get; init; }

    /// <summary>All that was tried.</summary>
    public required IReadOnlyList<ClipTrial> Trials { get; init; }

    /// <summary>A sentence on what to expect of new rows.</summary>
    public string Expected { get; init; } = "";

    /// <summary>The learning curve.</summary>
    public required IReadOnlyList<ClipLearningCurvePoint> Curve { get; init; }

    /// <summary>What is wrong with the data.</summary>
    public required ClipDataProblems Problems { get; init; }

    /// <summary>The pictures that nobody has labeled.</summary>
    public IReadOnlyList<StoredImage?> UnlabeledImages { get; init; } = [];

    /// <summary>Their texts.</summary>
    public IReadOnlyList<string?> UnlabeledTexts { get; init; } = [];

    /// <summary>The probabilities that the model gives them.</summary>
    public IReadOnlyList<float[]> UnlabeledProbabilities { get; init; } = [];

    /// <summary>Which of them to label next.</summary>
    public IReadOnlyList<ClipSuggestion> Suggestions { get; init; } = [];

    /// <summary>What was run, by groups.</summary>
    public IReadOnlyList<ReportedFacts> Facts { get; init; } = [];

    /// <summary>Writes the page, or replaces it.</summary>
    /// <param name="path">Its file; the folder exists.</param>
    /// <exception cref="ClipException">A picture cannot be read.</exception>
    public void Write(string path)
    {
        // One list for all that sections show, so that the page has each picture once.
        var shots = new Shots([.. Images, .. UnlabeledImages], [.. Texts, .. UnlabeledTexts]);
        var outcome = Outcome();
        List<HtmlSection> sections =
        [
            LeaderboardSection.Of(Trials, Expected), CurveSection.Of(Curve), new ProblemSection(Problems, Classes, Labels, shots).Section(),
            ThresholdSection.Of(
                [.. Probabilities.Select(Best)],
                [.. Probabilities.Select((p, row) => TensorPrimitives.IndexOfMax<float>(p) == Labels[row])],
                [.. UnlabeledProbabilities.Select(Best)]),
        ];
        if (Suggestions.Count > 0) sections.Add(SuggestionSection.Of(Suggestions, Classes, row => shots.Of(Images.Count + row)));
        // Classes and confusions of pictures have tabs of the page's own.
        var hasPictures = Images.All(image => image is not null);
        if (!hasPictures) sections.Add(ClassSection.Of(outcome));
        var metrics = ClassificationMetrics.Of(outcome, new Bootstrap());
        ReportedMetric[] reported = [.. metrics.Select(m => new ReportedMetric(m.Name, m.Value, m.Interval?.Low, m.Interval?.High))];
        ReportPage.Write(path, new ReportData(
            $"Which classifier is best for {Name}?", Kind, [Model],
            hasPictures ? [ReportedOutcomes.Set([(0, outcome, reported)])] : [], [], Facts)
        {
            Sections = sections,
            Pictures = shots.Pictures,
        });
    }

    private static float Best(float[] probabilities) => TensorPrimitives.Max<float>(probabilities);

    private ClassificationOutcome Outcome()
    {
        var set = new LabeledSet(
            Name,
            [
                .. Images.Select((image, row) => new LabeledImage
                {
                    ImagePath = image?.ImagePath ?? $"row {row + 1}",
                    Content = image is null ? () => [] : image.Content,
                    Container = image?.Container,
                    Class = Classes[Labels[row]],
                }),
            ],
            Classes, null);
        return ClassificationOutcome.Of(set, [.. Probabilities], Features.Count > 0 ? [.. Features] : null);
    }
}
