namespace Clip.Data.Tests.Loading;

/// <summary>Records of functions; an image is its number, unless told.</summary>
internal sealed class MadeRecords : IRecordSource
{
    public MadeRecords(int count) => (Count, Parts) = (count, [new EpochPart(count)]);

    public int Count { get; }

    public string Fingerprint { get; init; } = "made";

    public IReadOnlyList<KeyValuePair<string, string>> Unusable { get; init; } = [];

    public IReadOnlyList<EpochPart> Parts { get; init; }

    public bool CaptionsAreInMemory { get; init; }

    public bool IsDisposed { get; private set; }

    public Func<int, byte[]> Image { get; init; } = record => [(byte)record];

    public Func<int, IReadOnlyList<string>> Captions { get; init; } = record => [$"a thing of {record}"];

    public Func<int, long> Id { get; init; } = record => record;

    public Func<int, string?> File { get; init; } = _ => null;

    public string Key(int record) => $"record {record}";

    public long ImageId(int record) => Id(record);

    public string? ImagePath(int record) => File(record);

    public ImageBytes ReadImage(int record)
    {
        var bytes = Image(record);
        return new ImageBytes(bytes, 0, bytes.Length, pooled: false);
    }

    public IReadOnlyList<string> ReadCaptions(int record) => Captions(record);

    public void Dispose() => IsDisposed = true;
}
