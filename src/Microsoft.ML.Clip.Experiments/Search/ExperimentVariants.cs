using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>A variant whose features are there.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Table">Its features.</param>
/// <param name="Prompts">The prompts that can be asked of it; none where a model has no text tower.</param>
/// <param name="Directions">For each of them, by its name, where the classes lie.</param>
internal sealed record ReadyVariant(
    FeatureVariant Variant, FeatureTable Table, IReadOnlyList<PromptSet> Prompts, IReadOnlyDictionary<string, float[][]> Directions);

/// <summary>The variants of features that are tried, and their features.</summary>
/// <param name="source">Computes them.</param>
/// <param name="data">The rows.</param>
/// <param name="options">The settings.</param>
/// <param name="hasImages">Whether there are pictures.</param>
/// <param name="warn">Told what is left out.</param>
internal sealed class ExperimentVariants(
    FeatureSource source, ExperimentData data, ClipExperimentOptions options, bool hasImages, Action<string> warn)
{
    /// <summary>The rows' name, for messages.</summary>
    private const string Name = "rows";

    /// <summary>Computes all features.</summary>
    /// <param name="viewsShare">The share of the time limit that each kind of views may take.</param>
    /// <param name="cancellation">Stops it; what is done stays in the cache.</param>
    public IReadOnlyList<ReadyVariant> Compute(double viewsShare, CancellationToken cancellation)
    {
        FeatureVariant[] variants = [.. Plain()];
        var ready = variants.Select(variant => Ready(variant, cancellation)).ToList();
        if (!options.TryViews || !hasImages) return ready;
        foreach (var views in new[] { ClipImageViews.Mirrored, ClipImageViews.Crops })
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(options.TimeLimit * viewsShare);
            try
            {
                foreach (var variant in variants.Where(variant => variant.UsesImages))
                    ready.Add(Ready(variant with { Views = views }, limit.Token));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                warn($"Averages over views ({views}) would take too long, and are left out; with more time they are tried.");
                break;
            }
        }

        return ready;
    }

    /// <summary>The simplest features of pictures, or of texts where there are none.</summary>
    public FeatureVariant Simplest => Plain().First();

    private IEnumerable<FeatureVariant> Plain()
    {
        string[] models = [.. options.ModelFolders.Distinct()];
        string[][] choices = [.. models.Select(model => new[] { model }), .. models.Length > 1 ? [models] : Array.Empty<string[]>()];
        var hasTexts = options.TextColumnName is not null;
        foreach (var choice in choices)
        {
            if (hasImages) yield return new(choice, ClipImageViews.Center, true, false);
            if (hasTexts) yield return new(choice, ClipImageViews.Center, false, true);
            if (hasImages && hasTexts) yield return new(choice, ClipImageViews.Center, true, true);
        }
    }

    private ReadyVariant Ready(FeatureVariant variant, CancellationToken cancellation)
    {
        var table = source.Table(data, variant, Name, cancellation);
        var (prompts, directions) = (new List<PromptSet>(), new Dictionary<string, float[][]>());
        foreach (var set in PromptSet.For(variant.UsesImages, options.Templates))
        {
            try
            {
                directions[set.Name] = source.Directions(data.Classes, variant, set.Templates, cancellation);
                prompts.Add(set);
            }
            catch (Exception e) when (e is FileNotFoundException or ArgumentException)
            {
                warn($"No prompts are tried on {variant.Name}: {e.Message}");
                break;
            }
        }

        return new ReadyVariant(variant, table, prompts, directions);
    }
}
