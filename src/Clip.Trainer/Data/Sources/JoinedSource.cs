namespace Clip.Trainer.Data.Sources;

/// <summary>Several sources as one, each with its own weight in an epoch. Disposing it disposes them.</summary>
/// <param name="sources">The sources.</param>
/// <param name="factors">How often an epoch shows each source's records; see <see cref="EpochPart.Factor"/>.</param>
internal sealed class JoinedSource(IReadOnlyList<IRecordSource> sources, IReadOnlyList<double> factors) : IRecordSource
{
    private readonly int[] _starts = [.. sources.Select((_, i) => sources.Take(i).Sum(s => s.Count))];

    public int Count => sources.Sum(source => source.Count);

    public string Fingerprint => string.Join(
        " + ", sources.Zip(factors, (s, f) => f == 1 ? s.Fingerprint : FormattableString.Invariant($"{f} × {s.Fingerprint}")));

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => [.. sources.SelectMany(source => source.Unusable)];

    public IReadOnlyList<EpochPart> Parts =>
        [.. sources.Zip(factors).SelectMany(s => s.First.Parts.Select(part => part with { Factor = part.Factor * s.Second }))];

    public string Key(int record) => At(record, out var own).Key(own);

    public long ImageId(int record)
    {
        var source = At(record, out var own);
        return source.ImageId(own) + record - own;
    }

    public ImageBytes ReadImage(int record) => At(record, out var own).ReadImage(own);

    public IReadOnlyList<string> ReadCaptions(int record) => At(record, out var own).ReadCaptions(own);

    public void Dispose()
    {
        foreach (var source in sources) source.Dispose();
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
