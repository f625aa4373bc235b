using Clip.Conversion.Initialization;

namespace Clip.Data;

/// <summary>Fills in the pixels of a sample; from any thread.</summary>
internal interface IPixelSource
{
    /// <summary>Floats of an image: 3 × S × S.</summary>
    int FloatCount { get; }

    /// <summary>Reads an image and makes normalized pixels of it.</summary>
    /// <param name="records">Where the image lies.</param>
    /// <param name="record">Its record's number.</param>
    /// <param name="random">The sample's own random numbers, for augmentation.</param>
    /// <param name="destination"><see cref="FloatCount"/> floats, channels first.</param>
    /// <exception cref="InvalidDataException">The bytes are not a readable image.</exception>
    void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination);
}
