using Microsoft.ML.Clip.Tests.Models;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>
/// What the pages take for granted, as the current directory: a model folder <c>model</c>, the same in <c>models</c>, pictures in
/// <c>photos/cat</c> and <c>photos/dog</c>, and <c>rex.jpg</c>. The model is the tiny one of three colors, so cats are red and dogs blue.
/// <c>quickstart</c> has the same.
/// The model that the pages download lies in a cache already, as another program would have left it, and nothing may be downloaded.
/// </summary>
internal sealed class DocsStage : IDisposable
{
    private const string Repository = "models--Xenova--clip-vit-base-patch32";

    private readonly string _former = Environment.CurrentDirectory;
    private readonly Dictionary<string, string?> _formerVariables = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("docs-").FullName;

    public DocsStage()
    {
        TinyFolder.LayTransformersJs(Path.Combine(_folder, "model"));
        TinyFolder.LayTransformersJs(Path.Combine(_folder, "models", "clip-vit-base-patch32"));
        for (var i = 0; i < 12; i++)
        {
            Draw($"photos/cat/{i}.jpg", new SKColor(220, (byte)(4 * i), 10));
            Draw($"photos/dog/{i}.jpg", new SKColor(10, (byte)(4 * i), 220));
        }

        Draw("rex.jpg", new SKColor(20, 20, 230));
        LayQuickstart(Path.Combine(_folder, "quickstart"));
        LayCache(Path.Combine(_folder, "cache", Repository));
        Set("HF_HUB_CACHE", Path.Combine(_folder, "cache"));
        Set("HF_HUB_OFFLINE", "1");
        Environment.CurrentDirectory = _folder;
    }

    public void Dispose()
    {
        Environment.CurrentDirectory = _former;
        foreach (var (name, value) in _formerVariables) Environment.SetEnvironmentVariable(name, value);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A folder as the quickstart leaves it, of another model and other pictures.</summary>
    private void LayQuickstart(string folder)
    {
        TinyFolder.LayTransformersJs(Path.Combine(folder, "model"));
        for (var i = 0; i < 6; i++) Draw($"quickstart/data/test/{i:D5}.png", new SKColor((byte)(40 * i), 20, 120));
        File.WriteAllLines(Path.Combine(folder, "data", "test_classes.txt"), ["cat", "dog", "car"]);
    }

    private static void LayCache(string repository)
    {
        var commit = new string('c', 40);
        var snapshot = Path.Combine(repository, "snapshots", commit);
        Directory.CreateDirectory(Path.Combine(repository, "refs"));
        File.WriteAllText(Path.Combine(repository, "refs", "main"), commit);
        TinyFolder.LayTransformersJs(snapshot);
        TinyClip.SaveVision(Path.Combine(snapshot, "onnx", "vision_model_quantized.onnx"));
        TinyClip.SaveText(Path.Combine(snapshot, "onnx", "text_model_quantized.onnx"));
    }

    private void Set(string name, string value)
    {
        _formerVariables[name] = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
    }

    private void Draw(string file, SKColor color)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(48, 40);
        bitmap.Erase(color);
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        File.WriteAllBytes(path, jpeg.ToArray());
    }
}
