using System.Text.Json;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Training;

/// <summary>
/// What decides the course of a run, as names and values: a setting's name (a path of properties from <see cref="TrainingOptions"/>), or
/// words where there is no setting. A run that goes on, or repeats another, is compared with it name by name.
/// </summary>
internal static class Course
{
    /// <summary>
    /// Settings that may change when a run goes on, for each step means the same with them: the schedule is that of the new values over
    /// the whole run, and the steps that are left follow it.
    /// </summary>
    public static IReadOnlySet<string> MayChange { get; } = new HashSet<string>
    {
        "Epochs", "MaxSteps", "MaxMinutes", "LearningRate", "Warmup", "Scheduler", "Cooldown.Epochs", "Cooldown.End",
        "Cooldown.Power", "GradClipNorm", "GradientCompression",
    };

    /// <summary>What is different between two courses.</summary>
    public static IReadOnlyList<CourseChange> Changes(IReadOnlyDictionary<string, string> then, IReadOnlyDictionary<string, string> now) =>
    [
        .. then.Keys.Union(now.Keys)
            .Select(name => new CourseChange(name, then.GetValueOrDefault(name, "none"), now.GetValueOrDefault(name, "none")))
            .Where(change => change.Then != change.Now),
    ];

    /// <summary>What the model, its tokenizer and the preparing of pictures have to do with it.</summary>
    /// <param name="config">The model's, as JSON.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="preprocessing">How its pictures are prepared.</param>
    public static IReadOnlyDictionary<string, string> Of(string config, ModelTokenizer tokenizer, ClipImagePreprocessing preprocessing)
    {
        var values = new Dictionary<string, string> { ["the tokenizer"] = $"one of {tokenizer.Size} entries, {tokenizer.Hash}" };
        using var model = JsonDocument.Parse(config);
        Add(values, "the model's ", model.RootElement);
        Add(values, "the preprocessing's ", JsonSerializer.SerializeToElement(preprocessing));
        // In JSON its bytes are base64.
        values["the preprocessing's Background"] =
            preprocessing.Background is { } background ? $"#{Convert.ToHexStringLower(background)}" : "none";
        return values;
    }

    /// <summary>Whether it was written when its names were the command line's flags.</summary>
    public static bool IsOfAnEarlierVersion(IReadOnlyDictionary<string, string> course) =>
        course.Keys.Any(name => name.StartsWith("--", StringComparison.Ordinal));

    /// <summary>What is given, on one line for people.</summary>
    public static string Describe(IReadOnlyDictionary<string, string> course) =>
        string.Join(", ", course.Where(o => o.Value != "none").Select(o => $"{Quoted(o.Key)} {o.Value}"));

    /// <summary>A name as it stands in a sentence.</summary>
    internal static string Quoted(string name) => name.Contains(' ', StringComparison.Ordinal) ? name : $"`{name}`";

    /// <summary>A value as it stands in a course.</summary>
    public static string Text(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "given" : "none",
        double number => FormattableString.Invariant($"{number:R}"),
        _ => FormattableString.Invariant($"{value}"),
    };

    private static void Add(Dictionary<string, string> values, string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            values[name] = element.ToString();
            return;
        }

        foreach (var property in element.EnumerateObject())
            Add(values, name + (name[^1] == ' ' ? "" : ".") + property.Name, property.Value);
    }
}

/// <summary>A difference between two runs.</summary>
/// <param name="Name">The setting.</param>
/// <param name="Then">Its value in the earlier run.</param>
/// <param name="Now">Its value in this one.</param>
internal sealed record CourseChange(string Name, string Then, string Now)
{
    public override string ToString() => $"{Course.Quoted(Name)} was {Then} and is {Now}";
}
