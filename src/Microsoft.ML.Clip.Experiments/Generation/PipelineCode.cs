using System.Globalization;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using static Microsoft.ML.Clip.Experiments.Generation.Identifier;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>The winner as C#: what it is fitted by when it is trained anew, with ML.NET's and CLIP's public interfaces alone.</summary>
internal static class PipelineCode
{
    private const string LabelKey = "ClipLabel", Weight = "ClipWeight", Features = FittedCandidate.Features;

    /// <summary>The namespaces that <see cref="Body"/> needs, other than those of every pipeline.</summary>
    public static IReadOnlyList<string> Namespaces(CandidateSettings settings) => [.. settings.Parts.SelectMany(part => part.Kind switch
    {
        CandidateKind.LbfgsMaximumEntropy or CandidateKind.SdcaMaximumEntropy => ["Microsoft.ML.Trainers"],
        CandidateKind.LightGbm => ["Microsoft.ML.Trainers.LightGbm"],
        CandidateKind.FastTree => ["Microsoft.ML.Trainers.FastTree"],
        _ => Array.Empty<string>(),
    }).Distinct()];

    /// <summary>The packages of ML.NET that it needs beside Microsoft.ML.</summary>
    public static IReadOnlyList<string> Packages(CandidateSettings settings) => [.. settings.Parts.SelectMany(part => part.Kind switch
    {
        CandidateKind.LightGbm => ["Microsoft.ML.LightGbm"],
        CandidateKind.FastTree => ["Microsoft.ML.FastTree"],
        _ => Array.Empty<string>(),
    }).Distinct()];

    /// <summary>
    /// The body of a method of <c>mlContext</c> and <c>trainData</c> that returns the pipeline; <c>Keys</c> makes a table of labels.
    /// </summary>
    /// <param name="settings">The winner's.</param>
    /// <param name="variant">The features that it works on.</param>
    /// <param name="label">The column of labels.</param>
    /// <param name="image">The column of pictures' paths.</param>
    /// <param name="text">The column of texts.</param>
    /// <param name="seed">Decides what is drawn.</param>
    public static string Body(
        CandidateSettings settings, FeatureVariant variant, string label, string? image, string? text, int seed)
    {
        var parts = FeatureSource.Parts(variant).ToArray();
        List<string> lines =
        [
            $"var labels = trainData.GetColumn<string>({Literal(label)}).Distinct().Order(StringComparer.Ordinal).ToArray();",
        ];
        if (settings.Parts.Any(HasPrompts))
        {
            lines.Add("ClipLabelEmbeddings Prompts(string modelFolder, params string[] templates)");
            lines.Add("{");
            lines.Add("    using var model = ClipModel.Open(modelFolder);");
            lines.Add("    return ClipLabelEmbeddings.Create(model, labels, templates);");
            lines.Add("}");
            lines.Add("");
        }

        if (settings.Parts.Any(IsWeighted))
        {
            lines.Add("// All labels weigh the same, however many rows they have.");
            lines.Add($"var counts = trainData.GetColumn<string>({Literal(label)}).CountBy(label => label).ToArray();");
            lines.Add("var rows = counts.Sum(count => count.Value);");
            lines.Add("var weights = counts.Select(count =>");
            lines.Add("    new KeyValuePair<string, float>(count.Key, rows / (float)(counts.Length * count.Value))).ToArray();");
        }

        var toKey = $"MapValueToKey(\"{LabelKey}\", {Literal(label)}, keyData: Keys(mlContext, labels))";
        lines.Add($"return mlContext.Transforms.Conversion.{toKey}");
        if (settings.Parts.Any(IsWeighted)) Append($"mlContext.Transforms.Conversion.MapValue(\"{Weight}\", weights, {Literal(label)})");
        for (var i = 0; i < parts.Length; i++) Append(Featurizer(parts[i], $"{Features}{i}", variant.Views, image, text));
        Append($"mlContext.Transforms.Concatenate(\"{Features}\", {string.Join(", ", parts.Select((_, i) => $"\"{Features}{i}\""))})");
        if (parts.Length > 1) Append($"mlContext.Transforms.NormalizeLpNorm(\"{Features}\")");
        // Each picture is embedded once, however often a trainer looks at it.
        lines.Add("    .AppendCacheCheckpoint(mlContext)");
        string[] models = [.. parts.Select(part => part.Model)];
        if (settings.Kind == CandidateKind.Average) Average();
        else Classifier(settings);
        Append("mlContext.Transforms.Conversion.MapKeyToValue(\"PredictedLabel\")");
        lines[^1] += ";";
        return string.Join("\n", lines);

        void Append(string step) => lines.Add($"    .Append({step})");

        void Classifier(CandidateSettings one)
        {
            if (one.Standardize) Append($"mlContext.Transforms.NormalizeMeanVariance(\"{Features}\", fixZero: false, useCdf: false)");
            Append(one.Kind <= CandidateKind.Cache ? FewShot(one, HasPrompts(one) ? models : []) : Trainer(one, IsWeighted(one), seed));
        }

        void Average()
        {
            Append($"mlContext.Transforms.CopyColumns(\"{AverageCandidate.Kept}\", \"{Features}\")");
            for (var i = 0; i < settings.Members.Count; i++)
            {
                if (i > 0) Append($"mlContext.Transforms.CopyColumns(\"{Features}\", \"{AverageCandidate.Kept}\")");
                Classifier(settings.Members[i]);
                Append($"mlContext.Transforms.CopyColumns(\"{AverageCandidate.Score}{i}\", \"Score\")");
            }

            var scores = string.Join(", ", settings.Members.Select((_, i) => $"\"{AverageCandidate.Score}{i}\""));
            Append($"mlContext.Transforms.Concatenate(\"{AverageCandidate.Scores}\", {scores})");
            Append(Options("mlContext.Transforms.ClipAverageScores(", "ClipScoreAveragingEstimator",
            [
                $"InputColumnName = \"{AverageCandidate.Scores}\"", $"LabelColumnName = \"{LabelKey}\"",
                $"Weights = [{string.Join(", ", settings.Members.Select(_ => "1"))}]",
            ]) + ")");
        }
    }

    private static bool HasPrompts(CandidateSettings settings) => settings.Templates.Count > 0;

    private static bool IsWeighted(CandidateSettings settings) => settings.Kind > CandidateKind.Cache && settings.BalanceClasses;

    private static string Featurizer((string Model, bool IsText) part, string output, ClipImageViews views, string? image, string? text)
    {
        if (part.IsText) return $"mlContext.Transforms.ClipFeaturizeText(\"{output}\", {Literal(part.Model)}, {Literal(text!)})";
        if (views == ClipImageViews.Center)
            return $"mlContext.Transforms.ClipFeaturizeImage(\"{output}\", {Literal(part.Model)}, {Literal(image!)})";
        return Options("mlContext.Transforms.ClipFeaturizeImage(", "ClipImageFeaturizingEstimator",
        [
            $"OutputColumnName = \"{output}\"", $"InputColumnName = {Literal(image!)}", $"ModelFolder = {Literal(part.Model)}",
            $"Views = ClipImageViews.{views}",
        ]) + ")";
    }

    private static string FewShot(CandidateSettings settings, string[] prompts)
    {
        var options = FewShotCandidate.Options(settings);
        List<string> set =
        [
            $"FeatureColumnName = \"{options.FeatureColumnName}\"", $"LabelColumnName = \"{LabelKey}\"",
            $"MeanWeight = {Number(options.MeanWeight)}", $"Scale = {Number(options.Scale)}",
        ];
        if (prompts.Length > 0)
        {
            var templates = string.Join(", ", settings.Templates.Select(Literal));
            set.Add($"LabelEmbeddings = [{string.Join(", ", prompts.Select(model => $"Prompts({Literal(model)}, {templates})"))}]");
        }

        if (options.Neighbors > 0) set.Add(FormattableString.Invariant($"Neighbors = {options.Neighbors}"));
        if (options.CacheWeight > 0)
        {
            set.Add($"CacheWeight = {Number(options.CacheWeight)}");
            set.Add($"CacheSharpness = {Number(options.CacheSharpness)}");
        }

        if (options.BalanceClasses) set.Add("BalanceClasses = true");
        return Options("mlContext.Transforms.ClipClassifyFewShot(", "ClipFewShotEstimator", set) + ")";
    }

    private static string Trainer(CandidateSettings settings, bool isWeighted, int seed)
    {
        const string trainers = "mlContext.MulticlassClassification.Trainers.";
        List<string> common = [$"FeatureColumnName = \"{Features}\"", $"LabelColumnName = \"{LabelKey}\""];
        if (isWeighted) common.Add($"ExampleWeightColumnName = \"{Weight}\"");
        string[] linear =
        [
            .. common,
            // None given: SDCA chooses by the data.
            .. settings.L2 > 0
                ?
                [
                    "L1Regularization = 0", $"L2Regularization = {Number(settings.L2)}",
                    Whole($"MaximumNumberOfIterations = {TrainedCandidate.MostIterations}"),
                ]
                : Array.Empty<string>(),
            "NumberOfThreads = 1",
        ];
        string[] trees =
        [
            .. common, Whole($"NumberOfLeaves = {settings.Leaves}"), Whole($"MinimumExampleCountPerLeaf = {settings.LeastExamples}"),
            $"LearningRate = {settings.LearningRate.ToString("R", CultureInfo.InvariantCulture)}", "NumberOfThreads = 1",
            Whole($"Seed = {seed}"),
        ];
        return settings.Kind switch
        {
            CandidateKind.LbfgsMaximumEntropy =>
                Options($"{trainers}LbfgsMaximumEntropy(", "LbfgsMaximumEntropyMulticlassTrainer", linear) + ")",
            CandidateKind.SdcaMaximumEntropy =>
                Options($"{trainers}SdcaMaximumEntropy(", "SdcaMaximumEntropyMulticlassTrainer", linear) + ")",
            CandidateKind.LightGbm => Options(
                $"{trainers}LightGbm(", "LightGbmMulticlassTrainer",
                [.. trees, Whole($"NumberOfIterations = {settings.Trees}"), "Deterministic = true", "Silent = true"]) + ")",
            CandidateKind.FastTree => $"{trainers}OneVersusAll(" + Options(
                "mlContext.BinaryClassification.Trainers.FastTree(", "FastTreeBinaryTrainer",
                [.. trees, Whole($"NumberOfTrees = {settings.Trees}")]) + $"), \"{LabelKey}\")",
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "There is no code for this kind of candidate."),
        };

        static string Whole(FormattableString text) => FormattableString.Invariant(text);
    }

    private static string Options(string call, string type, IEnumerable<string> set) =>
        $"{call}new {type}.Options\n    {{\n{string.Concat(set.Select(one => $"        {one},\n"))}    }}";

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture) + "f";
}
