namespace Clip.Data.Sources;

/// <summary>Several sources as one, each with its own weight in an epoch. Disposing it disposes them.</summary>
/// <param name="sources">The sources.</param>
/// <param name="factors">How often an epoch shows each source's records; see <see cref="EpochPart.Factor"/>.</param>
internal sealed class JoinedSource(IReadOnlyList<IRecordSource> sources, IReadOnlyList<double> factors) : IRecordSource
{
    private readonly int[] _starts = [.. sources.Select((_, i) => sources.Take(i).Sum(s => s.Count))];
    private readonly Dictionary<int, long> _shared = SharedFiles(sources);

    public int Count => sources.Sum(source => source.Count);

    public string Fingerprint => string.Join(
        " + ", sources.Zip(factors, (s, f) => f == 1 ? s.Fingerprint : FormattableString.Invariant($"{f} × {s.Fingerprint}")));

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => [.. sources.SelectMany(source => source.Unusable)];

    public IReadOnlyList<EpochPart> Parts =>
        [.. sources.Zip(factors).SelectMany(s => s.First.Parts.Select(part => part with { Factor = part.Factor * s.Second }))];

    public string Key(int record) => At(record, out var own).Key(own);

    public bool CaptionsAreInMemory => sources.All(source => source.CaptionsAreInMemory);

    public long ImageId(int record)
    {
        if (_shared.TryGetValue(record, out var first)) return first;
        var source = At(record, out var own);
        return source.ImageId(own) + record - own;
    }

    public string? ImagePath(int record) => At(record, out var own).ImagePath(own);

    public ImageBytes ReadImage(int record) => At(record, out var own).ReadImage(own);

    public IReadOnlyList<string> ReadCaptions(int record) => At(record, out var own).ReadCaptions(own);

    public void Dispose()
    {
        foreach (var source in sources) source.Dispose();
    }

    /// <summary>Records whose image is a file that an earlier source has as well, and that file's first record.</summary>
    private static Dictionary<int, long> SharedFiles(IReadOnlyList<IRecordSource> sources)
    {
        var shared = new Dictionary<int, long>();
        if (sources.Count(source => source.Count > 0 && source.ImagePath(0) is not null) < 2) return shared;
        var (files, start) = (new Dictionary<string, long>(FileIdentity.Comparer), 0);
        foreach (var source in sources)
        {
            for (var i = 0; i < source.Count; i++)
            {
                if (source.ImagePath(i) is not { } path) continue;
                if (!files.TryAdd(FileIdentity.Of(path), start + source.ImageId(i))) shared[start + i] = files[FileIdentity.Of(path)];
            }

            start += source.Count;
        }

        return shared;
    }

    private IRecordSource At(int record, out int own)
    {
        var place = Array.BinarySearch(_starts, record);
        if (place < 0) place = ~place - 1;
        while (sources[place].Count == 0) place++; // an empty source starts where the next one does
        own = record - _starts[place];
        return sources[place];
    }
}
