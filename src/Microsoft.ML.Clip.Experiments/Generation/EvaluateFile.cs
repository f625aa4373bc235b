using static Microsoft.ML.Clip.Experiments.Generation.Identifier;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary><c>Pets.evaluate.cs</c>: how good the model is on pictures or texts that it was not trained on.</summary>
internal static class EvaluateFile
{
    public static string Of(GenerationFacts facts) => $$"""
        // Made by an experiment. Measures the model; made anew by the next one.
        using Microsoft.ML;
        using Microsoft.ML.Data;

        {{Class(facts)}}
        """;

    /// <summary>The class alone.</summary>
    public static string Class(GenerationFacts facts) => $$"""
        public partial class {{facts.Name}}
        {
            /// <summary>ML.NET's metrics of the saved model on data that it was not trained on.</summary>
            public static MulticlassClassificationMetrics Evaluate(string inputDataFilePath)
            {
                var mlContext = new MLContext();
                var model = mlContext.Model.Load(MLNetModelPath, out _);
                return Evaluate(mlContext, model.Transform(LoadData(mlContext, inputDataFilePath)));
            }

            /// <summary>ML.NET's metrics of the pipeline, trained anew for each fold on the others.</summary>
            public static IReadOnlyList<MulticlassClassificationMetrics> CrossValidate(
                string inputDataFilePath = RetrainFilePath, int folds = 5)
            {
                var mlContext = new MLContext(seed: {{facts.Seed}});
                var data = {{facts.LoadForTraining("inputDataFilePath")}};
                return mlContext.Data.CrossValidationSplit(data, folds, seed: {{facts.Seed}})
                    .Select(split => Evaluate(mlContext, RetrainModel(mlContext, split.TrainSet).Transform(split.TestSet))).ToArray();
            }

            private static MulticlassClassificationMetrics Evaluate(MLContext mlContext, IDataView scored)
            {
                // The evaluator wants labels as numbers, in the order of the scores.
                var labels = LabelsOf(scored.Schema);
                var strange = scored.GetColumn<string>({{Literal(facts.Label.Name)}}).Except(labels).FirstOrDefault();
                if (strange is not null)
                    throw new InvalidDataException(
                        $"The model was trained without the label '{strange}'; train it anew, with more rows of it.");
                var pipeline = mlContext.Transforms.Conversion.MapValueToKey(
                        "EvaluatedLabel", {{Literal(facts.Label.Name)}}, keyData: Keys(mlContext, labels))
                    .Append(mlContext.Transforms.Conversion.MapValueToKey(
                        "EvaluatedPrediction", "PredictedLabel", keyData: Keys(mlContext, labels)));
                return mlContext.MulticlassClassification.Evaluate(
                    pipeline.Fit(scored).Transform(scored), "EvaluatedLabel", "Score", "EvaluatedPrediction");
            }
        }

        """;
}
