using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Experiments;

/// <summary>A pipeline of ML.NET around a fitted candidate: from the columns of pictures and texts to the predicted label.</summary>
internal static class ModelPipeline
{
    private const int BatchSize = 32;

    /// <summary>Makes the pipeline, and the schema of its input: the columns that it reads, and no other.</summary>
    public static (ITransformer Model, DataViewSchema Input) Make(
        MLContext ml, IDataView data, string? image, ClipExperimentOptions options, FeatureVariant variant, FittedCandidate fitted)
    {
        var input = new DataViewSchema.Builder();
        if (variant.UsesImages) input.AddColumn(image!, data.Schema[image!].Type);
        if (variant.UsesTexts) input.AddColumn(options.TextColumnName!, TextDataViewType.Instance);
        var schema = input.ToSchema();
        IDataView rows = new EmptyRows(schema);

        var steps = new List<ITransformer>();
        var parts = new List<string>();
        foreach (var (model, isText) in FeatureSource.Parts(variant))
        {
            var column = $"{FittedCandidate.Features}{parts.Count}";
            parts.Add(column);
            Add(isText
                ? ml.Transforms.ClipFeaturizeText(column, model, options.TextColumnName).Fit(rows)
                : ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
                {
                    OutputColumnName = column,
                    InputColumnName = image,
                    ModelFolder = model,
                    ImageFolder = options.ImageFolder,
                    Views = variant.Views,
                    BatchSize = Math.Max(1, BatchSize / ImageViews.Count(variant.Views)),
                }).Fit(rows));
        }

        Add(ml.Transforms.Concatenate(FittedCandidate.Features, [.. parts]).Fit(rows));
        if (parts.Count > 1) Add(ml.Transforms.NormalizeLpNorm(FittedCandidate.Features).Fit(rows));
        foreach (var step in fitted.Steps) Add(step);
        Add(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(rows));
        return (new TransformerChain<ITransformer>([.. steps]), schema);

        void Add(ITransformer step)
        {
            steps.Add(step);
            rows = step.Transform(rows);
        }
    }

    /// <summary>No row: steps that are fitted look at the schema alone.</summary>
    private sealed class EmptyRows(DataViewSchema schema) : IDataView
    {
        public DataViewSchema Schema => schema;

        public bool CanShuffle => false;

        public long? GetRowCount() => 0;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
            throw new NotSupportedException("Only the schema is to be looked at.");

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
            throw new NotSupportedException("Only the schema is to be looked at.");
    }
}
