using Microsoft.ML.Clip;

namespace Clip.Trainer.Data;

/// <summary>Validation pixels: exactly what inference sees.</summary>
internal sealed class PreprocessedPixels(ClipImagePreprocessor preprocessor) : IPixelSource
{
    public int FloatCount => preprocessor.FloatCount;

    public void Fill(string path, SampleRandom random, Span<float> destination) => preprocessor.Preprocess(File.ReadAllBytes(path), destination);
}
