using BenchmarkDotNet.Attributes;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace Clip.Bench;

/// <summary>The parts of preprocessing and tokenization, one image or text at a time, on one thread.</summary>
[MemoryDiagnoser]
public class Kernels
{
    private const string Prompt = "a photo of the dog's large house, isn't it?";
    private const string DamagedPrompt = "A photo  of the dogâ€™s large &#104;ouse, isnâ€™t it?";

    private readonly ClipImagePreprocessor _preprocessor = ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(224));
    private readonly byte[] _jpeg = Photographs.Jpeg(0);
    private readonly float[] _tensor = new float[3 * 224 * 224];
    private MLImage _picture = null!;
    private MLImage _crop = null!;
    private ClipTokenizer _tokenizer = null!;

    /// <summary>Decodes the pictures and learns a tokenizer.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _picture = MLImage.CreateFromStream(new MemoryStream(_jpeg));
        _crop = MLImage.CreateFromPixels(224, 224, MLPixelFormat.Rgba32, _picture.Pixels[..(4 * 224 * 224)]);

        var folder = Directory.CreateTempSubdirectory("clip-bench-").FullName;
        BpeTrainer.Train(Prompts.ForClasses(Prompts.ClassCount).Append(Prompt), 2048).Save(folder);
        _tokenizer = ClipTokenizer.Create(folder);
        Directory.Delete(folder, recursive: true);
        if (!_tokenizer.Encode(Prompt).SequenceEqual(_tokenizer.Encode(DamagedPrompt)))
            throw new InvalidOperationException("The damaged prompt must clean to the plain one, or their times cannot be compared.");
    }

    /// <summary>Gives the pictures' memory back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _picture.Dispose();
        _crop.Dispose();
    }

    /// <summary>Everything: decode, resample, crop, normalize.</summary>
    [Benchmark(Description = "prepare a 640×480 JPEG")]
    public void Prepare() => _preprocessor.Preprocess(_jpeg, _tensor);

    /// <summary>All but the decoding.</summary>
    [Benchmark(Description = "resample 640×480 to 224, normalise")]
    public void Resample() => _preprocessor.Preprocess(_picture, _tensor);

    /// <summary>An image of the right size needs no resampling.</summary>
    [Benchmark(Description = "normalise 224×224")]
    public void Normalize() => _preprocessor.Preprocess(_crop, _tensor);

    /// <summary>A text that needs no cleaning.</summary>
    [Benchmark(Description = "tokenize a prompt")]
    public int[] Tokenize() => _tokenizer.Encode(Prompt);

    /// <summary>The same tokens from a text to be repaired.</summary>
    [Benchmark(Description = "clean and tokenize a damaged prompt")]
    public int[] CleanAndTokenize() => _tokenizer.Encode(DamagedPrompt);
}
