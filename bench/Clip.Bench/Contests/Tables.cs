namespace Clip.Bench;

/// <summary>Results as Markdown.</summary>
internal static class Tables
{
    public static void Write(string title, string unit, IEnumerable<Result> results)
    {
        Console.WriteLine($"\n{title}:\n\n| what | median {unit} | lowest | highest | managed KiB each |\n|---|---:|---:|---:|---:|");
        foreach (var r in results)
        {
            var memory = r.BytesPerItem is { } bytes ? $"{bytes / 1024:F1}" : "";
            Console.WriteLine($"| {r.Name} | {r.Median:F1} | {r.Speeds.Min():F1} | {r.Speeds.Max():F1} | {memory} |");
        }
    }

    public static void WriteRatios(Result own, IEnumerable<Result> others)
    {
        Console.WriteLine($"\n| {own.Name} | times as fast |\n|---|---:|");
        foreach (var other in others) Console.WriteLine($"| as {other.Name} | {own.Over(other):F2} |");
    }
}
