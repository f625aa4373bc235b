using Microsoft.ML;

namespace Clip.EndToEnd.Tests;

/// <summary><c>clip experiment classify</c> as its users run it.</summary>
[Collection(SharedModel.Name)]
public sealed class ExperimentClassifyTests(TrainedModel trained)
{
    [Fact]
    public async Task KilledAtRandomItIsStartedAgainWithoutComputingFeaturesAnew()
    {
        using var folder = new TempFolder();
        using (var killed = ClipProcess.Start(folder.Path, Command(folder, minutes: "5")))
        {
            await killed.SeeAsync(IsTrial);
            await Task.Delay(Random.Shared.Next(1500));
            killed.Kill();
        }

        var features = Features(folder);
        Assert.NotEmpty(features);
        Assert.False(File.Exists(folder["out/model.zip"]));

        var again = (await ClipProcess.RunAsync(Command(folder, minutes: "0.1"))).Succeeded();

        Assert.Equal(features, Features(folder));
        Assert.Contains(again.OutputLines, line => line.Contains(" candidates on 48 rows of 12 labels", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(folder["out"], "*.tmp").Concat(Directory.GetFiles(folder["out"], "*.new")));
    }

    [Fact]
    public async Task CtrlCTakesTheBestSoFar()
    {
        using var folder = new TempFolder();
        using var process = ClipProcess.Start(folder.Path, Command(folder, minutes: "5"));
        await process.SeeAsync(IsTrial);

        process.Interrupt();

        var run = (await process.FinishAsync()).Succeeded();
        Assert.Contains("Stopped: this is the best so far.", run.OutputLines);
        var ml = new MLContext();
        var model = ml.Model.Load(folder["out/model.zip"], out var schema);
        Assert.Equal(["filepath"], schema.Select(column => column.Name));
        (model as IDisposable)?.Dispose();
        Assert.StartsWith("1,", File.ReadAllLines(folder["out/leaderboard.csv"])[1]);
        Assert.True(File.Exists(folder["out/Out.csproj"]));
        Assert.True(File.Exists(folder["out/report.html"]));
    }

    [Theory]
    [InlineData("--text-column title", "title", "text (model)")]
    [InlineData("--text-column title --image-column filepath", "filepath title", "(model)")]
    public async Task TextsAloneAndWithPicturesAreClassified(string columns, string input, string features)
    {
        using var folder = new TempFolder();
        var table = columns.Contains("image", StringComparison.Ordinal)
            ? trained.TrainTable
            : folder.Write("texts.tsv", string.Concat(
                File.ReadAllLines(trained.TrainTable).Select(line => string.Join('\t', line.Split('\t')[1..]) + "\n")));
        var run = (await ClipProcess.RunAsync(
        [
            "experiment", "classify", "--data", table, "--label-column", "colour", "--model", trained.Folder, "--no-views",
            "--minutes", "0.05", "--output", folder["out"], .. columns.Split(' '),
        ])).Succeeded();

        Assert.Contains(features, run.Output);
        var ml = new MLContext();
        var model = ml.Model.Load(folder["out/model.zip"], out var schema);
        Assert.All(schema, column => Assert.Contains(column.Name, input.Split(' ')));
        (model as IDisposable)?.Dispose();
    }

    [Theory]
    [InlineData("--data {data} --suggest 3", "--suggest chooses among pictures without labels; name some with --unlabelled.")]
    [InlineData("--data {data} --none-class other", "--none-class is learned from pictures without labels; name some with --unlabelled.")]
    [InlineData(
        "--data {data} --none-class other --unlabelled {pictures} --text-column title",
        "--none-class is learned from pictures alone; leave out it or --text-column.")]
    [InlineData("--data {pictures} --text-column title", "has neither texts nor groups; give a table with these columns.")]
    [InlineData("--data {nowhere}", "give a folder with a folder of pictures for each label, or a table.")]
    [InlineData("--data {data} --label-column none", "name its columns with --image-column")]
    public async Task AMistakeIsToldInOneSentence(string options, string told)
    {
        using var folder = new TempFolder();
        var words = options.Replace("{data}", trained.TrainTable).Replace("{pictures}", folder.Path).Replace("{nowhere}", folder["no"]);
        var run = await ClipProcess.RunAsync(
            ["experiment", "classify", "--model", trained.Folder, "--output", folder["out"], .. words.Split(' ')]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(told, Assert.Single(run.ErrorLines));
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public async Task TimeThatIsTooShortIsToldAndFeaturesAreKept()
    {
        using var folder = new TempFolder();
        var run = await ClipProcess.RunAsync(Command(folder, minutes: "1e-7"));

        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("ended before a candidate was measured; allow more.", run.ErrorLines[^1]);
        Assert.NotEmpty(Features(folder));
        Assert.False(File.Exists(folder["out/model.zip"]));
    }

    private string[] Command(TempFolder folder, string minutes) =>
    [
        "experiment", "classify", "--data", trained.TrainTable, "--label-column", "class", "--model", trained.Folder, "--minutes", minutes,
        "--output", folder["out"],
    ];

    /// <summary>Candidates are tried only when all features are there.</summary>
    private static bool IsTrial(string line) => line.StartsWith("accuracy ", StringComparison.Ordinal);

    private static IEnumerable<(string File, DateTime Written)> Features(TempFolder folder) =>
        [.. Directory.GetFiles(folder["out/features"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (file, File.GetLastWriteTimeUtc(file)))];
}
