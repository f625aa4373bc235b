namespace Clip.Data;

/// <summary>
/// Captioned images by number, read when they are wanted, from any thread. What lies in memory is where records are, not what they hold.
/// </summary>
internal interface IRecordSource : IDisposable
{
    /// <summary>Records, without those found unusable when the source was opened.</summary>
    int Count { get; }

    /// <summary>Tells these records from others.</summary>
    string Fingerprint { get; }

    /// <summary>What was found unusable when the source was opened, with the reason.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Unusable => [];

    /// <summary>How an epoch is made up of the records; in their order.</summary>
    IReadOnlyList<EpochPart> Parts => [new EpochPart(Count)];

    /// <summary>A record's name, for people.</summary>
    string Key(int record);

    /// <summary>The same for records that show the same image: the number of the first of them.</summary>
    long ImageId(int record) => record;

    /// <summary>The image's file, where it is one of its own.</summary>
    string? ImagePath(int record) => null;

    /// <summary>Whether captions are there without reading files.</summary>
    bool CaptionsAreInMemory => false;

    /// <summary>An image file's bytes.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    /// <exception cref="InvalidDataException">The record is damaged.</exception>
    ImageBytes ReadImage(int record);

    /// <summary>At least one caption.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    /// <exception cref="InvalidDataException">The record is damaged, or has none.</exception>
    IReadOnlyList<string> ReadCaptions(int record);
}
