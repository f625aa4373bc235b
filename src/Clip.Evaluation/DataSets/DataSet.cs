using Microsoft.ML.Clip;

namespace Clip.Evaluation.DataSets;

/// <summary>What a data set asks of a model.</summary>
internal enum DataSetTask
{
    /// <summary>Each picture has one class.</summary>
    Classification,

    /// <summary>A picture may have several classes.</summary>
    MultiLabel,

    /// <summary>Pictures and captions are found by each other.</summary>
    Retrieval,
}

/// <summary>A published data set: what is known of it, and how its files are laid out on disk.</summary>
internal sealed record DataSet
{
    /// <summary>Its name on the command line, as CLIP_benchmark has it where it has one.</summary>
    public required string Name { get; init; }

    /// <summary>Other names of it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    public DataSetTask Task { get; init; }

    /// <summary>What its makers allow, in a few words; where they say nothing, that.</summary>
    public required string License { get; init; }

    /// <summary>Pictures and gigabytes, in words.</summary>
    public required string Size { get; init; }

    /// <summary>Where people get it.</summary>
    public required string Source { get; init; }

    /// <summary>The files that are expected, relative to the folder that is given.</summary>
    public required string Layout { get; init; }

    /// <summary>Its parts; the first is what models are measured on.</summary>
    public required IReadOnlyList<string> Splits { get; init; }

    /// <summary>Pictures of its parts, where its makers tell them.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>();

    /// <summary>Classes; 0 for captions, and where it depends on what one has.</summary>
    public int Classes { get; init; }

    /// <summary>The prompts that its classes go into; null for captions.</summary>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>Whether the prompts are worded here rather than by CLIP's authors.</summary>
    public bool OwnWording { get; init; }

    /// <summary>Folders that its archive unpacks to: the folder that is given may be one of them, or hold it.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Names of it in files of names and prompts: its own, and for those with ImageNet's classes ImageNet's.</summary>
    public IReadOnlyList<string> Keys =>
        [Name, .. Aliases, .. ReferenceEquals(Templates, PromptTemplates.ImageNet) ? new[] { "imagenet1k" } : []];

    /// <summary>The part to train a probe on; null where its makers divide it no further.</summary>
    public string? TrainSplit => Splits.FirstOrDefault(split => split == "train") ?? Splits.FirstOrDefault(split => split == "trainval");

    /// <summary>Reads a part of it.</summary>
    public required Func<DataSetFolder, string, LoadedDataSet> Reader { get; init; }

    /// <summary>Reads a part of it.</summary>
    /// <param name="path">Where its files lie.</param>
    /// <param name="split">One of <see cref="Splits"/>; null for the first.</param>
    /// <exception cref="ClipException">It has no such part, or a file is absent or not sound.</exception>
    public LoadedDataSet Load(string path, string? split = null)
    {
        split ??= Splits[0];
        if (!Splits.Contains(split))
            throw new ClipException(
                $"{Title} has no split '{split}'; it has {string.Join(", ", Splits)}"
                + (Splits.Count == 1 ? ", for its makers divide it no further: give pictures of your own, or a table." : "."));
        var folder = new DataSetFolder(this, path);
        var loaded = Reader(folder, split) with { Set = this, Split = split };
        if (loaded.Count == 0) throw new ClipException($"{Title} in '{path}' has no pictures in its split {split}; it takes {Layout}");
        if (Counts.TryGetValue(split, out var count) && count != loaded.Count)
            folder.Tell(FormattableString.Invariant($"its split {split} has {count:N0} pictures as published, and {loaded.Count:N0} here"));
        if (Classes > 0 && Classes != loaded.Labels.Count)
            folder.Tell(FormattableString.Invariant($"it has {Classes:N0} classes as published, and {loaded.Labels.Count:N0} here"));
        return loaded with { Notices = folder.Notices };
    }
}
