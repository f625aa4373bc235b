namespace Microsoft.ML.Clip.Experiments.Features;

/// <summary>Features of the rows of <see cref="ExperimentData"/>.</summary>
/// <param name="Variant">What they are: of which inputs, models and views.</param>
/// <param name="Rows">Of length 1, [rows][D].</param>
internal sealed record FeatureTable(string Variant, float[][] Rows);
