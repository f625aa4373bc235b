using Clip.Conversion.Initialization;

namespace Clip.Cli.Quickstart;

/// <summary>
/// The quickstart's data: pictures of training combinations with captions, and pictures of combinations that training never
/// shows or names. Every size, texture, color and shape is trained; which go together is not.
/// </summary>
internal sealed class SceneDataset
{
    public const int HeldOut = 104, TrainImages = 12000, ValidationImages = 512, TestImagesPerClass = 4;

    private SceneDataset(string folder) => Folder = folder;

    public string Folder { get; }

    public string Train => Path.Combine(Folder, "train.tsv");

    public string Validation => Path.Combine(Folder, "val.tsv");

    public string Test => Path.Combine(Folder, "test.tsv");

    public string TestLabels => Path.Combine(Folder, "test_classes.txt");

    public string AllLabels => Path.Combine(Folder, "all_classes.txt");

    /// <summary>What was drawn into a folder before.</summary>
    public static SceneDataset Open(string folder) => new(folder);

    /// <summary>Draws everything into a folder.</summary>
    public static SceneDataset Draw(string folder, long seed, int trainImages)
    {
        var order = Combination.All.ToArray();
        new SampleRandom(seed, 100).Shuffle(order.AsSpan());
        var (heldOut, trained) = (order[..HeldOut], order[HeldOut..]);
        var dataset = new SceneDataset(folder);

        Write("train", trainImages, 1, trained);
        Write("val", ValidationImages, 2, trained);
        Write("test", HeldOut * TestImagesPerClass, 3, heldOut);
        File.WriteAllLines(dataset.TestLabels, heldOut.Select(c => c.Name));
        File.WriteAllLines(dataset.AllLabels, Combination.All.Select(c => c.Name));
        return dataset;

        void Write(string name, int count, long stream, Combination[] combinations)
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            var rows = new string[count];
            Parallel.For(0, count, i =>
            {
                var random = new SampleRandom(seed, stream, i);
                var scene = new Scene(combinations[i % combinations.Length], random.Pick(Scene.Backgrounds), random.Pick(Scene.Positions));
                var file = $"{name}/{i:D5}.png";
                File.WriteAllBytes(Path.Combine(folder, file), ScenePainter.Paint(scene, ref random));
                rows[i] = $"{file}\t{SceneCaptions.Write(scene, ref random)}\t{scene.Thing.Name}";
            });
            File.WriteAllLines(Path.Combine(folder, name + ".tsv"), rows.Prepend("filepath\ttitle\tclass"));
        }
    }
}
