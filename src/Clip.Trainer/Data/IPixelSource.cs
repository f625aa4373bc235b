namespace Clip.Trainer.Data;

/// <summary>Fills in the pixels of a sample; from any thread.</summary>
internal interface IPixelSource
{
    /// <summary>Floats of an image: 3 × S × S.</summary>
    int FloatCount { get; }

    /// <summary>Reads an image and makes normalised pixels of it.</summary>
    /// <param name="path">The image file.</param>
    /// <param name="random">The sample's own random numbers, for augmentation.</param>
    /// <param name="destination"><see cref="FloatCount"/> floats, channels first.</param>
    /// <exception cref="InvalidDataException">The file is not a readable image.</exception>
    void Fill(string path, SampleRandom random, Span<float> destination);
}
