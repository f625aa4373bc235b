using SkiaSharp;

namespace Microsoft.ML.Clip.Experiments.Tests;

/// <summary>An experiment tells what is wrong with its data before it begins, and keeps copies together.</summary>
public sealed class DataAdviceTests : IDisposable
{
    private readonly Colors _colors = new();
    private readonly List<string> _told = [];

    [Fact]
    public void CopiesAreToldAndKeptTogether()
    {
        var pictures = Painted(30);
        File.Copy(pictures[0].Path, _colors["copy.png"]);
        File.Copy(pictures[1].Path, _colors["stray.png"]);

        using var result = Classify(
            [
                .. pictures, new() { Path = _colors["copy.png"], Color = pictures[0].Color },
                new() { Path = _colors["stray.png"], Color = "red" },
            ]);

        Assert.Equal(result.Folds.Folds[0], result.Folds.Folds[30]);
        Assert.Equal(result.Folds.Folds[1], result.Folds.Folds[31]);
        Assert.Contains("stray.png", Told("with different labels"), StringComparison.Ordinal);
        Assert.Contains("copy.png", Told("none of them is in two folds"), StringComparison.Ordinal);
        Assert.Contains(result.Problems.Duplicates, set => set.Rows.SequenceEqual([1, 31]) && set.AcrossClasses);
        result.WriteReport(_colors["report.html"]);
        var page = File.ReadAllText(_colors["report.html"]);
        Assert.Contains("data-name=\"stray.png\"", page, StringComparison.Ordinal);
        Assert.Contains("different labels", page, StringComparison.Ordinal);
        Assert.Contains("32, 0 left out", page, StringComparison.Ordinal);
    }

    [Fact]
    public void UnlabeledPicturesOfOtherKindsBecomeAClassOfTheirOwn()
    {
        var pictures = Painted(60);
        var known = pictures.Where(picture => picture.Color != "blue").ToArray();
        string[] unlabeled = [.. pictures.Where(picture => picture.Color == "blue").Select(picture => picture.Path)];

        using var result = Classify(known, _colors.Options with { UnlabeledImages = unlabeled, NoneClass = "something else" });

        Assert.Equal(["green", "red", "something else"], result.Classes);
        var none = result.Data.Rows.Where(row => row.Label == 2).Select(row => row.Name).ToArray();
        Assert.InRange(none.Length, 2, 20);
        Assert.All(none, name => Assert.Contains(name, unlabeled));
        Assert.InRange(result.Accuracy, 0.9, 1);
    }

    [Theory]
    [InlineData(" ", true)]
    [InlineData("none", false)]
    public void AClassForAllOthersNeedsANameAndPictures(string name, bool hasUnlabeled)
    {
        var options = _colors.Options with { NoneClass = name, UnlabeledImages = hasUnlabeled ? ["a.png"] : [] };

        Assert.Contains("needs a name", Assert.Throws<ArgumentException>(() => Classify(_colors.Pictures(12), options)).Message);
    }

    [Fact]
    public void TheClassForAllOthersIsNoneOfTheOthers()
    {
        var pictures = Painted(12);
        var options = _colors.Options with { NoneClass = "red", UnlabeledImages = [pictures[0].Path] };

        Assert.Contains("another name", Assert.Throws<ArgumentException>(() => Classify(pictures, options)).Message);
    }

    public void Dispose() => _colors.Dispose();

    private string Told(string words) => Assert.Single(_told, line => line.Contains(words, StringComparison.Ordinal));

    private ClipExperimentResult Classify(Picture[] pictures, ClipExperimentOptions? options = null)
    {
        var ml = new MLContext(seed: 0);
        ml.Log += (_, e) => _told.Add(e.Message);
        return ClipExperiment.Classify(
            ml, ml.Data.LoadFromEnumerable(pictures), "Color", "Path",
            (options ?? _colors.Options) with { TimeLimit = TimeSpan.FromSeconds(20) });
    }

    /// <summary>Pictures whose colors vary, so that no two of them are the same.</summary>
    private Picture[] Painted(int count)
    {
        var random = new Random(3);
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                var (path, main) = (_colors[$"painted/{i}.png"], i % 3);
                byte Value(int channel) => (byte)(channel == main ? 255 - random.Next(60) : random.Next(90));
                using var bitmap = new SKBitmap(40, 40);
                bitmap.Erase(new SKColor(Value(0), Value(1), Value(2)));
                using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, png.ToArray());
                return new Picture { Path = path, Color = new[] { "red", "green", "blue" }[main] };
            }),
        ];
    }
}
