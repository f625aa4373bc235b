using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>A model folder of a CLIP that knows red, green and blue, and pictures of these colors. Goes when disposed.</summary>
public sealed class TinyFolder : IDisposable
{
    public static readonly string[] Colors = ["red", "green", "blue"];

    public TinyFolder() : this(LayTransformersJs)
    {
    }

    internal TinyFolder(Action<string> lay)
    {
        Path = Directory.CreateTempSubdirectory("tiny-clip-").FullName;
        lay(Path);
    }

    public string Path { get; }

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>The layout of Hugging Face and transformers.js.</summary>
    public static void LayTransformersJs(string folder)
    {
        TinyClip.SaveVision(System.IO.Path.Combine(folder, "onnx", "vision_model.onnx"));
        TinyClip.SaveText(System.IO.Path.Combine(folder, "onnx", "text_model.onnx"));
        TinyVocabulary.Save(folder);
        File.WriteAllText(System.IO.Path.Combine(folder, "preprocessor_config.json"), """
            {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32},
             "do_resize": true, "do_center_crop": true, "do_normalize": true, "do_rescale": true, "resample": 3,
             "rescale_factor": 0.00392156862745098,
             "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
            """);
        File.WriteAllText(System.IO.Path.Combine(folder, "config.json"), """
            {"model_type": "clip", "text_config": {"max_position_embeddings": 16}}
            """);
    }

    /// <summary>Pictures of the three colors in turn, each a little different, as PNG files in the folder.</summary>
    public string[] Pictures(int count)
    {
        Directory.CreateDirectory(this["pictures"]);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var path = this[System.IO.Path.Combine("pictures", $"{i:D3}-{Colors[i % 3]}.png")];
            if (!File.Exists(path)) File.WriteAllBytes(path, Picture(i % 3, i));
            return path;
        })];
    }

    /// <summary>A PNG mostly of one color.</summary>
    public static byte[] Picture(int color, int variation)
    {
        using var bitmap = new SKBitmap(40 + (variation % 5), 36);
        byte high = (byte)(200 + (variation % 50)), low = (byte)(variation % 60);
        bitmap.Erase(new SKColor(color == 0 ? high : low, color == 1 ? high : low, color == 2 ? high : low));
        bitmap.SetPixel(3, 3, SKColors.White);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
