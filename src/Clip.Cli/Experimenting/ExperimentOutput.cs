using System.Text;
using Clip.Conversion.Checkpoints;
using Clip.Evaluation.Results;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Clip.Experiments.Generation;

namespace Clip.Cli.Experimenting;

/// <summary>What an experiment leaves in its folder.</summary>
internal static class ExperimentOutput
{
    private const string NoneFile = "none.txt";

    /// <summary>What code is generated from.</summary>
    /// <param name="folder">The experiment's, whose name projects have.</param>
    /// <param name="result">What was found.</param>
    /// <param name="rows">What it was found on.</param>
    /// <param name="data">The folder or table of these.</param>
    /// <param name="seed">The experiment's.</param>
    public static GenerationFacts Facts(string folder, ClipExperimentResult result, ExperimentRows rows, string data, int seed)
    {
        var settings = result.Settings;
        return new GenerationFacts
        {
            Name = Identifier.ProjectName(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))),
            Labels = result.Classes.Count,
            Label = rows.Label,
            Image = result.Variant.UsesImages ? rows.Image : null,
            Text = result.Variant.UsesTexts ? rows.Text : null,
            Data = data,
            Separator = rows.Separator,
            Quotes = rows.Quotes,
            Seed = seed,
            NoneLabel = result.NoneClass,
            NoneList = Path.Combine(folder, NoneFile),
            Pipeline = PipelineCode.Body(settings, result.Variant, rows.Label.Name, rows.Image?.Name, rows.Text?.Name, seed),
            Namespaces = PipelineCode.Namespaces(settings),
            Packages = PackageVersions.Of(
                ["Microsoft.ML", "Microsoft.ML.Clip", "Microsoft.ML.OnnxRuntime", .. PipelineCode.Packages(settings)]),
        }.WithDistinctProperties();
    }

    /// <summary>Writes the model, its measurements and the code.</summary>
    /// <param name="folder">Where to; what an earlier experiment left there is replaced.</param>
    /// <param name="result">What was found.</param>
    /// <param name="facts">What code is made from.</param>
    /// <param name="web">Whether a web project is made too.</param>
    /// <param name="suggest">How many unlabeled pictures to suggest.</param>
    /// <returns>The files.</returns>
    public static IReadOnlyList<string> Write(
        string folder, ClipExperimentResult result, GenerationFacts facts, bool web, int? suggest)
    {
        Directory.CreateDirectory(folder);
        List<string> files = [.. new[] { "model.zip", "leaderboard.csv", "report.html" }.Select(name => Path.Combine(folder, name))];
        result.SaveModel(files[0]);
        result.SaveLeaderboard(files[1]);
        if (suggest is { } count) result.WriteReport(files[2], count);
        else result.WriteReport(files[2]);
        if (suggest is not null && result.HasUnlabeled)
        {
            files.Add(Path.Combine(folder, "suggestions.csv"));
            AtomicFile.WriteText(files[^1], Suggestions(result, suggest.Value));
        }

        if (facts.NoneLabel is not null)
        {
            files.Add(Path.Combine(folder, NoneFile));
            AtomicFile.WriteText(files[^1], string.Concat(result.NonePictures.Select(path => $"{Path.GetFullPath(path)}\n")));
        }

        return [.. files, .. GeneratedFiles.Write(folder, facts, web)];
    }

    private static string Suggestions(ClipExperimentResult result, int count)
    {
        var table = new StringBuilder("path,first,probability,second,probability_of_second\n");
        foreach (var one in result.Suggest(count))
        {
            table.Append(string.Join(
                ',', CsvCell.Of(one.Name), CsvCell.Of(result.Classes[one.First]), CsvCell.Of(one.ProbabilityOfFirst),
                CsvCell.Of(result.Classes[one.Second]), CsvCell.Of(one.ProbabilityOfSecond))).Append('\n');
        }

        return table.ToString();
    }
}
