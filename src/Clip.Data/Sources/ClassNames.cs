using System.Globalization;

namespace Clip.Data.Sources;

/// <summary>
/// The names of the classes in shards of CLIP_benchmark's layout: <c>.cls</c> holds a class's number, and <c>classnames.txt</c>, beside the
/// shards or a folder higher, its name in the line of that number, from 0.
/// </summary>
internal sealed class ClassNames
{
    public const string FileName = "classnames.txt";
    public const string TemplatesName = "zeroshot_classification_templates.txt";

    /// <summary>Knows no numbers, and takes every name.</summary>
    public static readonly ClassNames None = new([], $"no {FileName} beside the shards");

    private readonly string _origin;

    /// <param name="names">The names by number.</param>
    /// <param name="origin">What errors call them.</param>
    public ClassNames(IReadOnlyList<string> names, string origin) => (Names, _origin) = (names, origin);

    /// <summary>The names, by number.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The names beside shards; null where there are none.</summary>
    public static ClassNames? Beside(string shard) => Find(shard, FileName) is { } file
        ? new ClassNames([.. TextFile.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)], file)
        : null;

    /// <summary>A file of CLIP_benchmark's beside a shard or a folder higher; null where there is none.</summary>
    public static string? Find(string shard, string name)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(shard));
        string?[] places = [folder, Path.GetDirectoryName(folder)];
        return places.Where(place => place is not null).Select(place => Path.Combine(place!, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>The name of the class that a <c>.cls</c> tells.</summary>
    /// <param name="content">A number, or a name.</param>
    /// <exception cref="InvalidDataException">There is no such class.</exception>
    public string Of(string content)
    {
        content = content.Trim();
        if (content.Length == 0) throw new InvalidDataException("its class is empty");
        if (int.TryParse(content, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number >= 0 && number < Names.Count
                ? Names[number]
                : throw new InvalidDataException(ReferenceEquals(this, None)
                    ? $"its class is {number}, and there is {_origin} that names it"
                    : $"its class is {number}, and {_origin} names {Names.Count}, from 0");
        }

        return ReferenceEquals(this, None) || Names.Contains(content)
            ? content
            : throw new InvalidDataException($"its class '{content}' is not in {_origin}");
    }
}
