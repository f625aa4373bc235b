using System.Globalization;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Results;

namespace Clip.Cli.Evaluating;

/// <summary>Results for people.</summary>
internal static class EvaluationText
{
    private const int MostConfusions = 3;

    /// <summary>A result's lines: the metrics, then their bounds and what went wrong most.</summary>
    public static IEnumerable<string> Lines(Evaluated evaluated)
    {
        var result = evaluated.Result;
        var (values, tail) = (result.Metrics.ToDictionary(m => m.Name, m => m.Value), Tail(result));
        yield return result.Task switch
        {
            EvaluationResult.RetrievalTask =>
                Line($"{result.Dataset}: image→text {Recalls("text_retrieval_recall")}  ")
                + Line($"text→image {Recalls("image_retrieval_recall")}  ")
                + Line($"({Fact(result, "images")} images, {Fact(result, "captions")} captions{tail}"),
            EvaluationResult.ProbeTask when result.FewShot > 0 =>
                Line($"{result.Dataset}: {result.FewShot}-shot linear probe {Accuracies("lp_")}  ")
                + Line($"({Fact(result, "images")} images, trained on {Fact(result, "train_images")}, {Fact(result, "draws")} draws, ")
                + Line($"standard deviation of top-1 {values["lp_acc1_std"]:P1}{tail}"),
            EvaluationResult.ProbeTask =>
                Line($"{result.Dataset}: linear probe {Accuracies("lp_")}  ")
                + Line($"({Fact(result, "images")} images, trained on {Fact(result, "train_images")}, ")
                + Line($"L2 weight {Fact(result, "l2"):G3}{tail}"),
            _ when values.TryGetValue(ClassificationMetrics.MeanAveragePrecision, out var precision) =>
                Line($"{result.Dataset}: mean average precision {precision:P1}  ")
                + Line($"({Fact(result, "images")} images, {Fact(result, "labels")} labels{tail}"),
            _ =>
                Line($"{result.Dataset}: {Accuracies("")}  ({Fact(result, "images")} images, {Fact(result, "labels")} labels, ")
                + Line($"chance {Fact(result, "chance"):P2}{tail}"),
        };
        if (Details(evaluated) is { Length: > 0 } details) yield return $"    {details}";

        string Recalls(string name) => string.Join(' ', RetrievalMetrics.Ks.Select(k => Line($"R@{k} {values[$"{name}@{k}"]:P1}")));

        string Accuracies(string prefix) =>
            Line($"top-1 {values[$"{prefix}acc1"]:P1}  top-5 {values[$"{prefix}acc5"]:P1}  ")
            + Line($"mean per-class recall {values[$"{prefix}mean_per_class_recall"]:P1}");
    }

    /// <summary>Each class's recall, zero-shot and by the probe where there is one, the worst first.</summary>
    /// <param name="zeroShot">What the model made of the set.</param>
    /// <param name="probe">What a probe made of it; null for none.</param>
    public static IEnumerable<string> PerClass(ClassificationOutcome zeroShot, ClassificationOutcome? probe)
    {
        var labels = zeroShot.Set.Labels;
        var probed = probe is null
            ? []
            : ClassResult.Of(probe).Where(c => c.Pictures > 0).ToDictionary(c => probe.Set.Labels[c.Class], c => c.Recall);
        var taken = ConfusionPair.Of(zeroShot).GroupBy(pair => pair.Right).ToDictionary(group => group.Key, group => group.First());
        foreach (var one in ClassResult.Of(zeroShot).Where(c => c.Pictures > 0).OrderBy(c => c.Recall))
        {
            var line = Line($"    {one.Recall,7:P1}  {labels[one.Class]} ({one.Pictures} images)");
            if (probed.TryGetValue(labels[one.Class], out var recall)) line += Line($"  linear probe {recall:P1}");
            if (taken.TryGetValue(one.Class, out var pair)) line += Line($"  taken for {labels[pair.Taken]} {pair.Count:0.#}×");
            yield return line;
        }
    }

    /// <summary>Models by data sets: each cell is the set's main metric, in percent.</summary>
    public static IEnumerable<string> Matrix(IReadOnlyList<EvaluationResult> results)
    {
        var columns = results.Select(result => (result.Subject, Name: Column(result))).Distinct().ToArray();
        var models = results.Select(result => result.Model).Distinct().ToArray();
        var first = models.Max(model => model.Length);
        yield return $"{"".PadRight(first)}  {string.Join("  ", columns.Select(column => column.Name))}";
        foreach (var model in models)
        {
            var cells = columns.Select(column => results.FirstOrDefault(r => r.Model == model && r.Subject == column.Subject) is { } result
                ? Line($"{100 * result.Metrics[0].Value:F1}").PadLeft(column.Name.Length)
                : "".PadLeft(column.Name.Length));
            yield return $"{model.PadRight(first)}  {string.Join("  ", cells)}".TrimEnd();
        }
    }

    private static string Column(EvaluationResult result) =>
        $"{result.Dataset} {result.Metrics[0].Name}{(result.FewShot > 0 ? $" {result.FewShot}-shot" : "")}";

    private static string Details(Evaluated evaluated)
    {
        var result = evaluated.Result;
        var parts = new List<string>();
        var bounded = result.Metrics.Where(metric => metric.Interval is not null).ToArray();
        if (bounded.Length > 0)
        {
            parts.Add("95 % bounds: " + string.Join(
                ", ", bounded.Select(m => Line($"{m.Name} {100 * m.Interval!.Value.Low:F1}–{100 * m.Interval.Value.High:F1} %"))));
        }

        if (result.Metrics.FirstOrDefault(metric => metric.Name == ClassificationMetrics.GroupTop1) is { } groups)
            parts.Add(Line($"groups together {groups.Value:P1}"));
        if (result.Calibration is { } calibration) parts.Add(Line($"calibration error {calibration.ExpectedError:P1}"));
        if (evaluated.Classification is { Set.IsMultiLabel: false } outcome && ConfusionPair.Of(outcome) is { Count: > 0 } pairs)
        {
            var labels = outcome.Set.Labels;
            parts.Add("most often confused: " + string.Join(
                ", ", pairs.Take(MostConfusions).Select(p => Line($"{labels[p.Right]} for {labels[p.Taken]} {p.Count:0.#}×"))));
        }

        return string.Join("; ", parts);
    }

    private static string Tail(EvaluationResult result)
    {
        var skipped = Fact(result, "skipped");
        return (skipped > 0 ? Line($", {skipped} skipped") : "") + Line($", {Fact(result, "seconds"):F1} s)");
    }

    private static double Fact(EvaluationResult result, string name) => result.Facts.First(fact => fact.Name == name).Value;

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
}
