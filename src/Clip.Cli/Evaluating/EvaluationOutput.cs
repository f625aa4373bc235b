using System.CommandLine;
using Clip.Cli.Reporting;
using Clip.Evaluation.Results;

namespace Clip.Cli.Evaluating;

/// <summary>Where results go.</summary>
internal sealed class EvaluationOutput
{
    private readonly Option<string?> _output = new("--output")
    {
        Description = "JSON file for CLIP_benchmark's entries, with what was right picture by picture, for clip evaluate compare; "
            + "with {dataset}, {model}, {task} in its name a file for each result.",
    };

    private readonly Option<string?> _append = new("--append")
    {
        Description = "CSV table that gets a row below the others for each result, as soon as it is there.",
    };

    private readonly Option<bool> _perClass = new("--per-class")
    {
        Description = "Prints each class's recall, zero-shot and by the linear probe, and what it is taken for, the worst first.",
    };

    private readonly Option<bool> _published = new("--published")
    {
        Description = "Prints published results of well-known models on known data sets beside those measured.",
    };

    private readonly ReportOption _report = new();

    private readonly List<Evaluated> _done = [];

    /// <summary>Whether standard output is JSON.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Prints one JSON object instead of lines, with CLIP_benchmark's entries under results.",
    };

    public IEnumerable<Option> All => [Json, _output, _append, _report.Option, _perClass, _published];

    /// <summary>Refuses, before anything is measured, where results could not go.</summary>
    /// <exception cref="ClipException">The table of results is none.</exception>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(_append) is { } table) ResultTable.Check(table);
        _report.IsWanted(parsed);
        if (parsed.GetValue(_output) is { } file && Directory.Exists(file))
            throw new ClipException(
                $"--output {file} is a folder; give a file's name, such as {Path.Combine(file, "{dataset}_{task}.json")}.");
    }

    /// <summary>Takes a result: prints it, and adds it to the table.</summary>
    public void Add(ParseResult parsed, Evaluated evaluated, bool tellModel)
    {
        _done.Add(evaluated);
        if (parsed.GetValue(_append) is { } table) ResultTable.Append(table, evaluated.Result);
        if (parsed.GetValue(Json)) return;
        var model = tellModel ? $"{evaluated.Result.Model}, " : "";
        foreach (var (line, i) in EvaluationText.Lines(evaluated).Select((line, i) => (line, i)))
            Console.WriteLine(i == 0 ? model + line : line);
    }

    /// <summary>Writes what is made of all results.</summary>
    public void End(ParseResult parsed)
    {
        EvaluationResult[] results = [.. _done.Select(evaluated => evaluated.Result)];
        if (parsed.GetValue(_output) is { } file) ResultFile.Write(file, results);
        if (_report.IsWanted(parsed)) EvaluationPage.Of(_done).Write(_report, parsed);
        if (parsed.GetValue(Json))
        {
            Console.WriteLine(ResultFile.Text(results));
            return;
        }

        if (parsed.GetValue(_perClass)) PerClass();
        if (results.Select(result => result.Model).Distinct().Count() > 1) Print(EvaluationText.Matrix(results));
        if (parsed.GetValue(_published)) Print(PublishedText.Lines(results));
    }

    private void PerClass()
    {
        foreach (var subject in _done.Where(d => d.Classification is { Set.IsMultiLabel: false })
            .GroupBy(d => (d.Result.Model, d.Result.Dataset)))
        {
            var zeroShot = subject.First(d => d.Result.Task == EvaluationResult.ZeroShotTask).Classification!;
            var probe = subject.FirstOrDefault(d => d.Result.Task == EvaluationResult.ProbeTask)?.Classification;
            Print([$"{subject.Key.Dataset}, {subject.Key.Model}:", .. EvaluationText.PerClass(zeroShot, probe)]);
        }
    }

    private static void Print(IEnumerable<string> lines)
    {
        Console.WriteLine();
        foreach (var line in lines) Console.WriteLine(line);
    }
}
