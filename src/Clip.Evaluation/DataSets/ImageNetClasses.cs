namespace Clip.Evaluation.DataSets;

/// <summary>ImageNet's 1,000 classes. Two pairs share a name in prompts, and so the later's label has its identifier too.</summary>
internal sealed class ImageNetClasses
{
    private readonly Dictionary<string, int> _index;

    private ImageNetClasses(IReadOnlyList<string> labels, IReadOnlyDictionary<string, string> spoken, Dictionary<string, int> index) =>
        (Labels, Spoken, _index) = (labels, spoken, index);

    /// <summary>Every class in its order, each once.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The names of those that share one.</summary>
    public IReadOnlyDictionary<string, string> Spoken { get; }

    public static ImageNetClasses Read()
    {
        var labels = new List<string>();
        var spoken = new Dictionary<string, string>();
        var index = new Dictionary<string, int>();
        foreach (var line in ClassLists.Read("imagenet"))
        {
            var (id, name) = (line[..9], line[10..]);
            var label = labels.Contains(name) ? $"{name} ({id})" : name;
            if (label != name) spoken.Add(label, name);
            index.Add(id, labels.Count);
            labels.Add(label);
        }

        return new ImageNetClasses(labels, spoken, index);
    }

    /// <summary>The number of a class from 0.</summary>
    /// <param name="id">WordNet's identifier.</param>
    /// <param name="place">What named it, for errors.</param>
    /// <exception cref="ClipException">It is none of the 1,000.</exception>
    public int Index(string id, string place) => _index.TryGetValue(id, out var index)
        ? index
        : throw new ClipException(
            $"'{id}', of {place}, is none of ImageNet's 1,000 classes; take it away, or read the folder as an ImageFolder.");
}
