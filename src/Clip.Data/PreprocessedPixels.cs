using Clip.Conversion.Initialization;
using Microsoft.ML.Clip;

namespace Clip.Data;

/// <summary>Validation pixels: exactly what inference sees.</summary>
internal sealed class PreprocessedPixels(ClipImagePreprocessor preprocessor) : IPixelSource
{
    public int FloatCount => preprocessor.FloatCount;

    public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination)
    {
        using var bytes = records.ReadImage(record);
        preprocessor.Preprocess(bytes.Span, destination);
    }
}
