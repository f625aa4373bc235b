using System.Text.Json;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.DataSets;

/// <summary>Prompts of a set: templates with a place for the class, or whole prompts for each class.</summary>
/// <param name="Templates">The templates; null where classes have their own.</param>
/// <param name="OfClass">Whole prompts by class; null where there are templates.</param>
internal sealed record ClassPrompts(IReadOnlyList<string>? Templates, PromptsOfClass? OfClass = null)
{
    /// <summary>
    /// Reads a file of CLIP_benchmark's form: for each set by name a list of templates, or the prompts of each class (CuPL); or a list
    /// alone.
    /// </summary>
    /// <param name="path">A file in JSON.</param>
    /// <param name="names">The set's names, the first that is there counts.</param>
    /// <exception cref="ClipException">It is not of this form, or has nothing of the set.</exception>
    public static ClassPrompts Read(string path, IReadOnlyList<string> names)
    {
        var found = NamedLists.Find(path, names);
        if (found.ValueKind == JsonValueKind.Array)
        {
            var templates = NamedLists.Texts(found, path);
            return templates.FirstOrDefault(template => !PromptTemplates.HasPlace(template)) is { } flat
                ? throw new ClipException($"The template '{flat}' of {path} has no place for the class; write {{}} or {{c}} where it goes.")
                : new ClassPrompts(templates);
        }

        return new ClassPrompts(null, new PromptsOfClass(path, found.EnumerateObject()
            .Select(entry => new KeyValuePair<string, IReadOnlyList<string>>(entry.Name, NamedLists.Texts(entry.Value, path))).ToArray()));
    }
}

/// <summary>Whole prompts by class, in their file's order.</summary>
/// <param name="Origin">Where they are from, for errors.</param>
/// <param name="Entries">The classes and their prompts.</param>
internal sealed record PromptsOfClass(string Origin, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Entries)
{
    /// <summary>The prompts of labels: by their name, or where none but the count fits, by their order, as CLIP_benchmark has it.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="spoken">A label's name in prompts.</param>
    /// <exception cref="ClipException">A label has none.</exception>
    public Dictionary<string, IReadOnlyList<string>> For(IReadOnlyList<string> labels, Func<string, string> spoken)
    {
        var byName = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, prompts) in Entries) byName.TryAdd(name, prompts);
        string[] absent = [.. labels.Where(label => !byName.ContainsKey(label) && !byName.ContainsKey(spoken(label)))];
        if (absent.Length == 0)
            return labels.ToDictionary(label => label, label => byName.GetValueOrDefault(label) ?? byName[spoken(label)]);
        if (absent.Length == labels.Count && Entries.Count == labels.Count)
            return labels.Zip(Entries).ToDictionary(pair => pair.First, pair => pair.Second.Value);
        var others = absent.Length > 1 ? FormattableString.Invariant($" and {absent.Length - 1} more") : "";
        throw new ClipException($"{Origin} has no prompts for the class '{absent[0]}'{others}; add them.");
    }
}
