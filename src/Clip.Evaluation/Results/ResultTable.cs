using System.Globalization;
using System.Text;

namespace Clip.Evaluation.Results;

/// <summary>A CSV file that gathers results, a row each: CLIP_benchmark's columns, and numbers beside its metrics.</summary>
internal static class ResultTable
{
    private static readonly string[] Columns =
    [
        "dataset", "model", "pretrained", "task", "language", "fewshot_k", "images", "labels", "acc1", "acc5", "mean_per_class_recall",
        "ece", "group_acc1", "mean_average_precision",
        "image_retrieval_recall@1", "image_retrieval_recall@5", "image_retrieval_recall@10",
        "text_retrieval_recall@1", "text_retrieval_recall@5", "text_retrieval_recall@10",
        "lp_acc1", "lp_acc5", "lp_mean_per_class_recall", "lp_ece", "lp_acc1_std", "l2", "train_images", "draws",
        "seconds", "skipped", "data",
    ];

    /// <summary>Adds a row below those that a file has; a new file gets the names of the columns first.</summary>
    /// <exception cref="ClipException">The file has other columns, and lacks one that the result has.</exception>
    public static void Append(string path, EvaluationResult result)
    {
        var cells = new Dictionary<string, string>
        {
            ["dataset"] = result.Dataset,
            ["model"] = result.Model,
            ["pretrained"] = result.Pretrained,
            ["task"] = result.Task,
            ["language"] = result.Language,
            ["data"] = result.Data,
        };
        if (result.FewShot > 0) cells["fewshot_k"] = Text(result.FewShot);
        foreach (var metric in result.Metrics) cells[metric.Name] = Text(metric.Value);

        Check(path);
        var isNew = !File.Exists(path) || new FileInfo(path).Length == 0;
        var header = isNew ? Columns : Header(path);
        if (cells.Keys.FirstOrDefault(name => !header.Contains(name)) is { } missing)
            throw new ClipException($"{path} has no column {missing}; give another file, or one that does not exist yet.");
        foreach (var (name, value) in result.Facts) cells.TryAdd(name, Text(value));
        var text = new StringBuilder();
        if (isNew) text.AppendLine(string.Join(',', Columns));
        text.AppendLine(string.Join(',', header.Select(name => CsvCell.Of(cells.GetValueOrDefault(name, "")))));
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        // At once, so that no row is half there.
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(Encoding.UTF8.GetBytes(text.Replace("\r\n", "\n").ToString()));
    }

    /// <summary>Refuses a file that rows of results cannot be added to.</summary>
    /// <exception cref="ClipException">Its first line does not name a result's columns, or its last is not whole.</exception>
    public static void Check(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0) return;
        if (!Header(path).Contains("dataset"))
            throw new ClipException(
                $"{path} is no table of results, whose first line names the columns dataset, model, ...; give another file.");
        using var file = File.OpenRead(path);
        file.Seek(-1, SeekOrigin.End);
        if (file.ReadByte() != '\n') throw new ClipException($"The last line of {path} has no end; add one, for rows to come below it.");
    }

    private static string[] Header(string path) => File.ReadLines(path).First().TrimStart('\uFEFF').Split(',');

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
