using System.Globalization;
using Clip.EndToEnd.Tests.Packages;

namespace Clip.EndToEnd.Tests;

/// <summary>The tests that share one model; they run one after another, as each starts processes that use the machine fully.</summary>
[CollectionDefinition(Name)]
public sealed class SharedModel : ICollectionFixture<TrainedModel>
{
    public const string Name = "one trained model";
}

/// <summary>The tests of the packages, beside the others: what they wait for is built meanwhile.</summary>
[CollectionDefinition(Name)]
public sealed class PackedLibraries : ICollectionFixture<TrainedModel>, ICollectionFixture<Consumers>
{
    public const string Name = "the libraries, packed";
}

/// <summary>A model of colored shapes, trained once by <c>clip train</c> for both collections.</summary>
public sealed class TrainedModel : IAsyncLifetime
{
    public const string Config =
        """
        {"embed_dim": 32, "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
         "text_cfg": {"context_length": 16, "vocab_size": 560, "width": 32, "heads": 2, "layers": 1}}
        """;

    private static readonly TempFolder Files = TempFolder.OfThisProcess();

    private static readonly Lazy<Task<Outcome>> Trained = new(() => new TrainedModel().TrainAsync());

    /// <summary>The model folder.</summary>
    internal string Folder => Files["model"];

    /// <summary>48 pictures with captions; <c>class</c> and <c>color</c> are further columns.</summary>
    internal string TrainTable => Files["train.tsv"];

    /// <summary>24 other pictures of the same things.</summary>
    internal string TestTable => Files["test.tsv"];

    internal string ConfigFile => Files["model.json"];

    /// <summary>Names of the 12 classes, one a line.</summary>
    internal string Labels => Files["labels.txt"];

    /// <summary>What the training of the shared model printed.</summary>
    internal Outcome Training { get; private set; } = null!;

    /// <summary>A picture of the test table.</summary>
    internal string Picture(string color, string shape) => Files[$"test/{color}-{shape}-0.png"];

    /// <summary>The command that trained the shared model, with another output.</summary>
    internal string[] TrainCommand(string output, params string[] more) =>
    [
        "train", "--train-data", TrainTable, "--model", ConfigFile, "--vocab-size", "560", "--epochs", "80", "--batch-size", "24",
        "--lr", "3e-3", "--warmup", "10", "--seed", "1", "--output", output, .. more,
    ];

    /// <summary>Zero-shot accuracy in per cent on the test pictures' classes, of which guessing gets a twelfth.</summary>
    internal async Task<double> Top1Async(string model)
    {
        var run = (await ClipProcess.RunAsync(
            "evaluate", "--model", model, "--data", TestTable, "--csv-label-key", "class", "--labels", Labels)).Succeeded();
        return double.Parse(run.Output.Split("top-1 ")[1].Split('%')[0], CultureInfo.InvariantCulture);
    }

    public async Task InitializeAsync() => Training = await Trained.Value;

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<Outcome> TrainAsync()
    {
        Pictures.Draw(Files, "train", ofEach: 4);
        Pictures.Draw(Files, "test", ofEach: 2);
        Files.Write("model.json", Config);
        Files.Write("labels.txt", string.Join('\n', Pictures.Classes));
        return (await ClipProcess.RunAsync(TrainCommand(Folder, "--val-data", TestTable))).Succeeded();
    }
}
