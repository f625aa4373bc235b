using System.Text.Json;

namespace Clip.Evaluation.Tests.Metrics;

/// <summary>What scikit-learn makes of some numbers; scikit-learn.py beside this wrote the file.</summary>
internal static class ScikitLearn
{
    private static readonly JsonElement Root =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Metrics", "scikit-learn.json"))).RootElement;

    public static float[][] Scores { get; } = Floats(Root.GetProperty("scores"));

    public static int[] Labels { get; } = Ints(Root.GetProperty("labels"));

    /// <summary>For each picture its right classes, of which there may be none.</summary>
    public static int[][] Multi { get; } = [.. Root.GetProperty("multi").EnumerateArray().Select(Ints)];

    public static JsonElement Of(string name) => Root.GetProperty(name);

    public static double Number(string name) => Root.GetProperty(name).GetDouble();

    public static double[] Numbers(JsonElement numbers) => [.. numbers.EnumerateArray().Select(n => n.GetDouble())];

    public static float[][] Floats(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(n => n.GetSingle()).ToArray())];

    public static int[] Ints(JsonElement numbers) => [.. numbers.EnumerateArray().Select(n => n.GetInt32())];
}
