using System.CommandLine;
using Clip.Cli.Options;
using Clip.Data.Sources;
using Clip.Evaluation;

namespace Clip.Cli.Evaluating;

/// <summary>What is evaluated on: read before any model, so that a mistake costs no time.</summary>
/// <param name="Labeled">Labeled sets, with the pictures to fit a probe on, if any.</param>
/// <param name="Captioned">Sets of captions.</param>
internal sealed record EvaluationData(
    IReadOnlyList<(LabeledSet Set, IReadOnlyList<LabeledImage>? Train)> Labeled, IReadOnlyList<RetrievalSet> Captioned);

/// <summary>The options that say what is evaluated on.</summary>
internal sealed class EvaluationDataOptions
{
    private readonly LabeledSetOptions _sets = new("--data", "--labels", "--templates");
    private readonly TableOptions _table = new();

    private readonly Option<string[]> _retrieval = new("--retrieval-data")
    {
        Description = "Tables of images and captions to find by each other, as TABLE or NAME=TABLE; any number of them.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _probe = new("--linear-probe")
    {
        Description =
            "Labeled pictures to train a linear probe on, as PATH for every set of --data, or NAME=PATH for one; "
            + "it is tested on the set.",
        AllowMultipleArgumentsPerToken = true,
    };

    public IEnumerable<Option> All => [_retrieval, _probe, .. _sets.All, .. _table.All];

    /// <exception cref="ClipException">There is nothing to evaluate on, or something of it cannot be read.</exception>
    public EvaluationData Read(ParseResult parsed)
    {
        var layout = _table.Parse(parsed);
        var (sets, known) = _sets.ReadWithCaptions(parsed, layout);
        var labeled = sets.Select(set => (
            set,
            NamedFiles.For(parsed.GetValue(_probe) ?? [], set.Name, _probe.Name) is { } trainOn
                ? _sets.ReadImages(parsed, layout, set.Name, trainOn)
                : null)).ToArray();
        var captioned = (parsed.GetValue(_retrieval) ?? [])
            .Select(value => NamedFiles.Named(value))
            .Select(file => RetrievalSet.Of(file.Name, FileIdentity.Group(SkippedRows.Read(file.Path, layout))))
            .Concat(known)
            .ToArray();
        return labeled.Length + captioned.Length > 0
            ? new EvaluationData(labeled, captioned)
            : throw new ClipException(
                "There is nothing to evaluate on; give labeled pictures with --data, or captioned ones with --retrieval-data.");
    }
}
