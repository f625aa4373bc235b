using System.CommandLine;
using System.Text.Json.Nodes;
using Clip.Cli.Evaluating;
using Clip.Cli.Tests.Options;
using Clip.Evaluation.Metrics;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Evaluating;

/// <summary>Where <c>clip evaluate</c> puts its results: lines, JSON, files, a table and a page.</summary>
public sealed class EvaluateOutputTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public EvaluateOutputTests() => Lay(i => $"photos/{TinyFolder.Colors[i % 3]}");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AModelThatIsNamedTwiceIsMeasuredOnce()
    {
        using var printed = await EvaluateAsync(_folder.Path, _folder.Path, "--data", _folder["photos"]);

        var lines = printed.Output.TrimEnd('\n').Split('\n');
        Assert.StartsWith("photos: top-1 100.0 %  top-5 100.0 %", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public async Task JsonIsOneDocumentAndAllThatIsPrinted()
    {
        using var printed = await EvaluateAsync(
            _folder.Path, "--data", _folder["photos"], "--json", "--per-class", "--published", "--append", _folder["table.csv"]);

        var result = Assert.Single(JsonNode.Parse(printed.Output)!["results"]!.AsArray())!;
        Assert.Equal(("photos", _folder.Path, "zeroshot_classification", "en"),
            ((string?)result["dataset"], (string?)result["model"], (string?)result["task"], (string?)result["language"]));
        Assert.Equal(1, (double)result["metrics"]!["acc1"]!);
        Assert.Equal(2, File.ReadAllLines(_folder["table.csv"]).Length);
    }

    /// <summary>So that they are the same in a program of one's own.</summary>
    [Fact]
    public void BoundsAreDrawnBySeedAsInTheLibrary()
    {
        var options = new EvaluationOptions();
        var command = new Command("bounds");
        foreach (var option in options.All) command.Options.Add(option);
        var statistic = new MeanStatistic([.. Enumerable.Range(0, 40).Select(i => Math.Sqrt(i))]);

        Assert.Equal(new Bootstrap(seed: 5).Of(statistic), options.Bootstrap(command.Parse("--seed 5")).Of(statistic));
        Assert.Equal(new Bootstrap().Of(statistic), options.Bootstrap(command.Parse("")).Of(statistic));
    }

    [Fact]
    public async Task AFileOfResultsHasTheFactsOfEachTask()
    {
        using var printed = await EvaluateAsync(
            _folder.Path, "--data", _folder["photos"], "--linear-probe", _folder["photos"], "--few-shot", "2", "1", "2",
            "--few-shot-draws", "2", "--retrieval-data", Captions(), "--output", _folder["results.json"]);

        var results = JsonNode.Parse(File.ReadAllText(_folder["results.json"]))!["results"]!.AsArray();
        Assert.Equal(
            [
                "photos zeroshot_classification images=12 labels=3 chance=0.333 skipped=0 reliability",
                "photos linear_probe images=12 labels=3 chance=0.333 train_images=12 skipped=0 reliability",
                "photos linear_probe 1-shot images=12 labels=3 chance=0.333 train_images=3 draws=2 skipped=0",
                "photos linear_probe 2-shot images=12 labels=3 chance=0.333 train_images=6 draws=2 skipped=0",
                "pairs zeroshot_retrieval images=12 captions=12 skipped=0",
            ],
            results.Select(result => Text(result!.AsObject())));
        Assert.True((double)results[1]!["l2"]! > 0);
        Assert.All(results, result => Assert.InRange((double)result!["seconds"]!, 0.001, 600));
        Assert.Equal(
            [
                "acc1", "lp_acc1", "lp_acc1", "lp_acc1", "text_retrieval_recall@1",
            ],
            results.Select(result => result!["metrics"]!.AsObject().First().Key));
        // A line for each, and below it its bounds.
        Assert.Equal(5, printed.Output.Split('\n').Count(line => line.Length > 0 && line[0] != ' '));

        static string Text(JsonObject result)
        {
            string[] facts = ["images", "captions", "labels", "chance", "train_images", "draws", "skipped"];
            var shots = (int?)result["metrics"]!["fewshot_k"] is > 0 and var k ? $" {k}-shot" : "";
            var told = facts.Where(result.ContainsKey).Select(fact => FormattableString.Invariant($"{fact}={(double)result[fact]!:0.###}"));
            var calibration = result.ContainsKey("reliability") ? " reliability" : "";
            return $"{(string?)result["dataset"]} {(string?)result["task"]}{shots} {string.Join(' ', told)}{calibration}";
        }
    }

    /// <summary>Which pictures probes of few are fitted on is drawn, and by the seed that is given.</summary>
    [Fact]
    public async Task AnotherSeedFitsProbesOnOtherPictures()
    {
        // Green ones are in both classes, so that it matters which pictures a probe has seen.
        Lay(i => $"mixed/{(i % 3 == 0 || i < 6 && i % 3 == 1 ? "warm" : "cold")}");

        string[] metrics = [await OfSeedAsync("1"), await OfSeedAsync("2"), await OfSeedAsync("1")];

        Assert.Equal(metrics[0], metrics[2]);
        Assert.NotEqual(metrics[0], metrics[1]);

        async Task<string> OfSeedAsync(string seed)
        {
            using var printed = await EvaluateAsync(
                _folder.Path, "--data", _folder["mixed"], "--linear-probe", _folder["mixed"], "--few-shot", "2", "--few-shot-draws", "2",
                "--seed", seed, "--json");
            var probe = JsonNode.Parse(printed.Output)!["results"]!.AsArray()[2]!;
            return $"{(double)probe["metrics"]!["lp_acc1"]!}";
        }
    }

    [Fact]
    public async Task APageHasEachModelsNumbersAndTheCommand()
    {
        using var printed = await EvaluateAsync(
            _folder.Path, "--data", _folder["photos"], "--linear-probe", _folder["photos"], "--few-shot", "2",
            "--retrieval-data", Captions(), "--report", _folder["out/page.html"]);

        var page = System.Net.WebUtility.HtmlDecode(File.ReadAllText(_folder["out/page.html"]));
        Assert.Contains("How good is the model?", page, StringComparison.Ordinal);
        Assert.Contains("12 pictures, 3 labels, fingerprint ", page, StringComparison.Ordinal);
        Assert.Contains("12 pictures, 12 captions, fingerprint ", page, StringComparison.Ordinal);
        Assert.Contains("lp_mean_per_class_recall", page, StringComparison.Ordinal);
        Assert.DoesNotContain("lp_acc1_std", page, StringComparison.Ordinal); // few-shot probes are in numbers elsewhere
        var compact = page.Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings("");
        Assert.Contains("\"probe\":[10000,10000,10000]", compact, StringComparison.Ordinal);
        Assert.Contains("clip evaluate", page, StringComparison.Ordinal);
        Assert.EndsWith($"Report: {_folder["out/page.html"]}\n", printed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralModelsAreToldApartAndSideBySide()
    {
        TinyFolder.LayTransformersJs(_folder["second"]);

        using var printed = await EvaluateAsync(
            _folder.Path, _folder["second"], "--data", _folder["photos"], "--report", _folder["page.html"]);

        var lines = printed.Output.Split('\n')
            .Where(line => line.Length > 0 && !line.StartsWith("    ", StringComparison.Ordinal)).ToArray();
        Assert.StartsWith($"{_folder.Path}, photos: top-1 ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{_folder["second"]}, photos: top-1 ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("  photos acc1", printed.Output.TrimEnd('\n').Split('\n')[^3], StringComparison.Ordinal);
        Assert.EndsWith(" 100.0", lines[^2], StringComparison.Ordinal);
        Assert.StartsWith($"{_folder["second"]} ", lines[^1], StringComparison.Ordinal);
        var page = System.Net.WebUtility.HtmlDecode(File.ReadAllText(_folder["page.html"]));
        Assert.Contains("How good are the 2 models?", page, StringComparison.Ordinal);
        Assert.Contains("second", page, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Path, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "the hub's")]
    [InlineData("--embedding-cache kept", "kept")]
    [InlineData("--no-cache", null)]
    [InlineData("--no-cache --embedding-cache kept", null)]
    public void EmbeddingsAreKeptUnlessTheyAreNotWanted(string arguments, string? folder)
    {
        var options = new EvaluationOptions();

        var cache = options.Cache(Parse(options, arguments));

        if (folder == "the hub's") Assert.EndsWith(Path.Combine("Microsoft.ML.Clip", "embeddings"), cache, StringComparison.Ordinal);
        else Assert.Equal(folder, cache);
    }

    [Fact]
    public void ShotsAreTakenOnceEachFromFewToMany()
    {
        var options = new EvaluationOptions();

        Assert.Equal([1, 2, 16], options.Shots(Parse(options, "--few-shot 16 2 1 2")));
        Assert.Empty(options.Shots(Parse(options, "")));
        Assert.Equal((3, "en", 0, 10), (options.Draws(Parse(options, "")), options.Language(Parse(options, "")),
            options.Seed(Parse(options, "")), options.MaxBadPercent(Parse(options, ""))));
    }

    [Fact]
    public async Task TheListIsForPeopleAndForPrograms()
    {
        using var printed = new PrintedHere();
        Assert.Equal(0, await CommandLine.RunAsync(["evaluate", "--list"]));
        var lines = printed.Output.Split('\n');
        var at = Array.FindIndex(lines, line => line.StartsWith("food101", StringComparison.Ordinal));
        Assert.Equal(
            ["splits", "license", "size", "from", "layout", "prompts"], lines[(at + 1)..(at + 7)].Select(line => line.Split(' ')[2]));
        Assert.Equal("  splits   test, train", lines[at + 1]);
        Assert.Matches("^  prompts  [1-9][0-9]*, as CLIP's authors published them$", lines[at + 6]);
        Assert.Contains("  prompts  none, for pictures and captions are found by each other", lines);

        using var json = new PrintedHere();
        Assert.Equal(0, await CommandLine.RunAsync(["evaluate", "--list", "--json"]));
        var food = JsonNode.Parse(json.Output)!.AsArray().Single(set => (string?)set!["name"] == "food101")!.AsObject();
        Assert.Equal(
            [
                "name", "aliases", "title", "task", "license", "size", "source", "layout", "splits", "counts", "classes", "templates",
                "templatesWordedHere",
            ],
            food.Select(pair => pair.Key));
        Assert.Equal(["test", "train"], food["splits"]!.AsArray().Select(split => (string?)split));
        Assert.Equal((101, 25_250), ((int)food["classes"]!, (int)food["counts"]!["test"]!));
    }

    /// <summary>Copies twelve pictures, of the three colors in turn, each into the folder for its number.</summary>
    private void Lay(Func<int, string> place)
    {
        foreach (var (picture, i) in _folder.Pictures(12).Select((picture, i) => (picture, i)))
        {
            Directory.CreateDirectory(_folder[place(i)]);
            File.Copy(picture, _folder[$"{place(i)}/{i}.png"]);
        }
    }

    private string Captions()
    {
        File.WriteAllLines(_folder["pairs.tsv"], _folder.Pictures(12).Select(path => $"{path}\t{Path.GetFileName(path)[4..^4]} {path[^9]}")
            .Prepend("filepath\ttitle"));
        return _folder["pairs.tsv"];
    }

    private static ParseResult Parse(EvaluationOptions options, string arguments)
    {
        var command = new RootCommand();
        foreach (var option in options.All) command.Options.Add(option);
        return command.Parse(arguments);
    }

    private static async Task<PrintedHere> EvaluateAsync(params string[] arguments)
    {
        var printed = new PrintedHere();
        Assert.True(await CommandLine.RunAsync(["evaluate", "--no-cache", "--model", .. arguments]) == 0, $"{printed}");
        return printed;
    }
}
