using Clip.Data;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.DataSets;

/// <summary>A part of a data set, read.</summary>
internal sealed record LoadedDataSet
{
    public DataSet Set { get; init; } = null!;

    public string Split { get; init; } = "";

    /// <summary>Pictures with their classes; none where they have captions.</summary>
    public IReadOnlyList<LabeledImage> Images { get; init; } = [];

    /// <summary>Every class, each once.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The classes of the list that <see cref="Labels"/> are some of, by number; null where they are all.</summary>
    public IReadOnlyList<string>? Numbered { get; init; }

    /// <summary>What a class is called in prompts, where that is not its label: two classes may share a name.</summary>
    public IReadOnlyDictionary<string, string> Spoken { get; init; } = new Dictionary<string, string>();

    /// <summary>Pictures with their captions.</summary>
    public IReadOnlyList<CaptionedImage> Captioned { get; init; } = [];

    /// <summary>What is other than published: counts, surplus files; a sentence's part each.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    public int Count => Images.Count + Captioned.Count;

    /// <summary>The set with other names of its classes.</summary>
    /// <param name="names">A name for each class, in the set's order.</param>
    /// <param name="origin">Where they are from, for errors.</param>
    /// <exception cref="ClipException">They are more or fewer.</exception>
    public LoadedDataSet Renamed(IReadOnlyList<string> names, string origin)
    {
        var numbered = Numbered ?? Labels;
        if (names.Count != numbered.Count && names.Count != Labels.Count)
            throw new ClipException(
                $"{origin} has {names.Count} names, and {Set.Title} {numbered.Count} classes; names are taken in their order, so give "
                + "as many.");
        var kept = names.Count == numbered.Count ? numbered : Labels;
        var (labels, spoken) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        foreach (var (label, name) in kept.Zip(names))
        {
            // Lists of names in use have the same name for two classes.
            var own = labels.ContainsValue(name) ? $"{name} ({labels.Count})" : name;
            if (own != name) spoken.Add(own, name);
            labels.Add(label, own);
        }

        return this with
        {
            Images = [.. Images.Select(image => image.Renamed([.. image.Classes.Select(label => labels[label])]))],
            Labels = [.. Labels.Select(label => labels[label])],
            // Of names for these classes alone there are none for the rest of the list.
            Numbered = ReferenceEquals(kept, Numbered) ? [.. numbered.Select(label => labels[label])] : null,
            Spoken = spoken.Where(pair => Labels.Any(label => labels[label] == pair.Key)).ToDictionary(),
        };
    }

    /// <summary>What a model is measured on.</summary>
    /// <param name="name">The set's, in reports.</param>
    /// <param name="prompts">Other prompts than the set's own; null for those.</param>
    /// <exception cref="ClipException">It has captions instead of classes, or the prompts lack a class.</exception>
    public LabeledSet Labeled(string name, ClassPrompts? prompts = null)
    {
        if (Set.Task == DataSetTask.Retrieval)
            throw new ClipException($"{Set.Title} has captions and no classes; it is for retrieval.");
        var templates = prompts?.Templates ?? Set.Templates!;
        var own = prompts?.OfClass is { } ofClass
            ? ofClass.For(Labels, label => Spoken.GetValueOrDefault(label, label))
            : Spoken.ToDictionary(
                pair => pair.Key, pair =>
                    (IReadOnlyList<string>)[.. templates.Select(template => PromptTemplates.Apply(template, pair.Value))]);
        return new LabeledSet(name, Images, Labels, templates)
        {
            Prompts = own.Count > 0 ? own : null,
            IsMultiLabel = Set.Task == DataSetTask.MultiLabel,
            MayHaveTwins = true,
            Known = Set.Name,
        }.Validate();
    }
}
