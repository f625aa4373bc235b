namespace Clip.Evaluation.DataSets;

/// <summary>Pictures that a list names with their classes.</summary>
internal static class ListedPictures
{
    /// <summary>What a list makes.</summary>
    /// <param name="list">The list's file, for errors.</param>
    /// <param name="classes">Every class as the list writes it, in the set's order.</param>
    /// <param name="rows">The pictures.</param>
    /// <param name="spoken">A class's name in prompts.</param>
    /// <exception cref="ClipException">A picture's class is not among them, or a class or a picture comes twice.</exception>
    public static LoadedDataSet Load(
        string list, IReadOnlyList<string> classes, IEnumerable<(string File, string Class)> rows, Func<string, string> spoken)
    {
        var names = new Dictionary<string, string>();
        foreach (var name in classes)
        {
            if (!names.TryAdd(name, spoken(name)))
                throw new ClipException($"The class '{name}' comes twice beside {list}; get the lists again.");
        }

        var seen = new HashSet<string>();
        var images = new List<LabeledImage>();
        foreach (var (file, name) in rows)
        {
            if (!names.TryGetValue(name, out var label))
                throw new ClipException(
                    $"The class '{name}' of {file} in {list} is not among the set's {names.Count} classes; get the lists again.");
            if (!seen.Add(file)) throw new ClipException($"{file} is listed twice in {list}; get the list again.");
            images.Add(new LabeledImage { ImagePath = file, Class = label });
        }

        return new LoadedDataSet { Images = images, Labels = [.. names.Values] };
    }

    /// <summary>A class's name of a folder's or a list's: an underscore is a blank.</summary>
    public static string Blanks(string name) => name.Replace('_', ' ');
}
