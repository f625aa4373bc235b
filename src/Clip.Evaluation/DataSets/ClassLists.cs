namespace Clip.Evaluation.DataSets;

/// <summary>Names of classes that come with the library, for sets whose own files lack them.</summary>
internal static class ClassLists
{
    /// <summary>A list's lines.</summary>
    public static IReadOnlyList<string> Read(string name)
    {
        using var stream = typeof(ClassLists).Assembly.GetManifestResourceStream($"Clip.Evaluation.DataSets.Names.{name}.txt")!;
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#')) lines.Add(line);
        }

        return lines;
    }
}
