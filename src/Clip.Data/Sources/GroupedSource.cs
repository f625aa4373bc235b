using System.Runtime.InteropServices;

namespace Clip.Data.Sources;

/// <summary>
/// Records that show the same image as one record with all their captions, where the first of them was: so no image is its own negative in
/// a batch, and an epoch shows each once. Disposing it disposes the source.
/// </summary>
internal sealed class GroupedSource : IRecordSource
{
    private readonly IRecordSource _source;
    private readonly int[][] _records;

    private GroupedSource(IRecordSource source, int[][] records) => (_source, _records) = (source, records);

    public int Count => _records.Length;

    public string Fingerprint => $"{Count} images of {_source.Fingerprint}";

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => _source.Unusable;

    public bool CaptionsAreInMemory => _source.CaptionsAreInMemory;

    public IReadOnlyList<EpochPart> Parts
    {
        get
        {
            var (parts, end) = (new List<EpochPart>(), 0);
            foreach (var part in _source.Parts)
            {
                var (count, start) = (CountBetween(end, end + part.Count), end);
                var groups = part.Groups?.Select(rows => CountBetween(start, start += rows)).Where(rows => rows > 0).ToArray();
                parts.Add(part with { Count = count, Groups = groups });
                end += part.Count;
            }

            return parts;
        }
    }

    /// <summary>A source's records by their images; the source itself where none is shared.</summary>
    public static IRecordSource Of(IRecordSource source)
    {
        var (groups, order) = (new Dictionary<long, List<int>>(), new List<List<int>>());
        if (!Enumerable.Range(0, source.Count).Any(i => source.ImageId(i) != i)) return source;
        for (var i = 0; i < source.Count; i++)
        {
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, source.ImageId(i), out _);
            if (group is null) order.Add(group = []);
            group.Add(i);
        }

        return new GroupedSource(source, [.. order.Select(group => group.ToArray())]);
    }

    public string Key(int record) => _source.Key(_records[record][0]);

    public string? ImagePath(int record) => _source.ImagePath(_records[record][0]);

    public ImageBytes ReadImage(int record) => _source.ReadImage(_records[record][0]);

    /// <summary>The captions of all, each once; one that cannot be read is no loss while there are others.</summary>
    public IReadOnlyList<string> ReadCaptions(int record)
    {
        var captions = new List<string>();
        InvalidDataException? damage = null;
        foreach (var each in _records[record])
        {
            try
            {
                captions.AddRange(_source.ReadCaptions(each));
            }
            catch (InvalidDataException e)
            {
                damage ??= e;
            }
        }

        return captions.Count > 0 ? [.. captions.Distinct()] : throw damage!;
    }

    public void Dispose() => _source.Dispose();

    /// <summary>How many records begin in a range of the source's.</summary>
    private int CountBetween(int from, int to) => FirstAt(to) - FirstAt(from);

    private int FirstAt(int sourceRecord)
    {
        // The records are in the order of their first ones.
        var (low, high) = (0, _records.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_records[middle][0] < sourceRecord) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
