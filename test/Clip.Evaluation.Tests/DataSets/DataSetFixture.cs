using Clip.Evaluation.DataSets;
using SkiaSharp;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>A data set of a few painted pictures in a folder of its own.</summary>
internal sealed class DataSetFixture : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Path => _folder.Path;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Write(string name, params string[] lines) => _folder.Write(name, string.Join('\n', lines) + "\n");

    public void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], bytes);
    }

    /// <summary>Paints a picture for each name, as a JPEG or what its end says.</summary>
    public void Paint(params string[] names)
    {
        foreach (var name in names)
        {
            using var bitmap = new SKBitmap(4, 4);
            bitmap.Erase(SKColors.SeaGreen);
            var format = name.EndsWith("png", StringComparison.Ordinal) ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg;
            using var file = bitmap.Encode(format, 90);
            Write(name, file.ToArray());
        }
    }

    public LoadedDataSet Load(string set, string? split = null) => DataSetCatalog.Find(set)!.Load(Path, split);

    /// <summary>What was loaded, for the eye: <c>images/a.jpg: apple pie</c>.</summary>
    public string[] Rows(LoadedDataSet loaded) =>
    [
        .. loaded.Images.Select(image =>
            $"{System.IO.Path.GetRelativePath(Path, image.ImagePath).Replace('\\', '/')}: "
            + string.Join(", ", image.Classes)),
    ];

    /// <summary>The one sentence of what is wrong.</summary>
    public string Error(string set, string? split = null) => Assert.Throws<ClipException>(() => Load(set, split)).Message;

    public void Dispose() => _folder.Dispose();
}
