using System.Text.Json.Nodes;
using Clip.Conversion.Tokenizing;

namespace Clip.Cli.Tests.Commands;

/// <summary>Data sets that <c>clip evaluate</c> knows by name.</summary>
public sealed class EvaluateDataSetsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AKnownNameIsALayout()
    {
        Food();

        var (exit, output, error) = await EvaluateAsync("--data", $"food101={_folder["food"]}", "--linear-probe",
            $"food101={_folder["food"]}");

        Assert.True(exit == 0, error);
        Assert.Contains("food101: top-1", output, StringComparison.Ordinal);
        Assert.Contains("2 images, 2 labels", output, StringComparison.Ordinal);
        Assert.Contains("trained on 20", output, StringComparison.Ordinal);
        Assert.Contains("Food-101: its split test has 25,250 pictures as published, and 2 here.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALayoutGoesBeforeTheNameAndASplitIsChosen()
    {
        Food();

        var (exit, output, error) = await EvaluateAsync(
            "--data", $"lunch={_folder["food"]}", $"food101={_folder["food/images"]}", "--layout", "lunch=food101", "food101=plain",
                "--split",
            "lunch=train");

        Assert.True(exit == 0, error);
        Assert.Contains("lunch: top-1", output, StringComparison.Ordinal);
        Assert.Contains("20 images, 2 labels", output, StringComparison.Ordinal);
        Assert.Contains("22 images, 2 labels", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesAndPromptsAreReadInClipBenchmarksForm()
    {
        Food();
        _folder.Write("de_classnames.json", """{"food101": ["Apfelkuchen", "Hotdog"]}""");
        _folder.Write("cupl.json", """{"food101": {"Apfelkuchen": ["Kuchen mit Apfel"], "Hotdog": ["Wurst im Brot", "eine Wurst"]}}""");

        var (exit, _, error) = await EvaluateAsync(
            "--data", $"food101={_folder["food"]}", "--labels", _folder["de_classnames.json"], "--templates", _folder["cupl.json"]);

        Assert.True(exit == 0, error);
    }

    [Fact]
    public async Task CaptionsAreMeasuredByRetrieval()
    {
        foreach (var i in Enumerable.Range(0, 11)) Paint($"flickr/Images/{i}.jpg");
        _folder.Write("flickr/flickr8k_test_karpathy.txt",
            $"image,caption\n{string.Join('\n', Enumerable.Range(0, 22).Select(i => $"{i / 2}.jpg,a {i}"))}\n");

        var (exit, output, error) = await EvaluateAsync("--data", $"flickr8k={_folder["flickr"]}");

        Assert.True(exit == 0, error);
        Assert.Contains("11 images, 22 captions", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnesOwnPicturesMayHaveAKnownName()
    {
        Paint("mine/rose/0.jpg", "mine/tulip/1.jpg");

        var (exit, _, error) = await EvaluateAsync("--data", $"flowers={_folder["mine"]}");

        Assert.Equal(1, exit);
        Assert.Contains($"Oxford 102 Flower in '{_folder["mine"]}' lacks the folder jpg; it takes", error, StringComparison.Ordinal);
        Assert.Contains("; or give --layout flowers=plain, if it is a folder of class folders.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("food11", "--layout: 'food11' is no known data set; did you mean food101?")]
    [InlineData("other=food101", "--layout is given for other, and no set is called so; the sets are food.")]
    public async Task ALayoutThatFitsNothingIsRefused(string layout, string message)
    {
        Food();

        var (exit, _, error) = await EvaluateAsync("--data", $"food={_folder["food"]}", "--layout", layout);

        Assert.Equal(1, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheListTellsOfEverySetWithoutAModel()
    {
        var (exit, output, error) = await Command.RunApartAsync("evaluate", "--list");
        var (_, json, _) = await Command.RunApartAsync("evaluate", "--list", "--json");

        Assert.True(exit == 0, error);
        Assert.Contains("food101: Food-101\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("  layout   images/apple_pie/1011328.jpg ..., meta/classes.txt", output, StringComparison.Ordinal);
        var sets = JsonNode.Parse(json)!.AsArray();
        Assert.True(sets.Count >= 24);
        Assert.All(sets, set => Assert.NotEmpty((string)set!["license"]!));
    }

    private void Food()
    {
        Paint("food/images/apple_pie/0.jpg", "food/images/hot_dog/1.jpg");
        var train = Enumerable.Range(2, 20).Select(i => i % 2 == 0 ? $"apple_pie/{i}" : $"hot_dog/{i}").ToArray();
        Paint([.. train.Select(entry => $"food/images/{entry}.jpg")]);
        _folder.Write("food/meta/classes.txt", "apple_pie\nhot_dog\n");
        _folder.Write("food/meta/test.txt", "apple_pie/0\nhot_dog/1\n");
        _folder.Write("food/meta/train.txt", string.Join('\n', train));
    }

    private async Task<(int Exit, string Output, string Error)> EvaluateAsync(params string[] arguments)
    {
        BpeTrainer.Train(["a photo of a dog"], 520).Save(_folder["tokenizer"]);
        _folder.Write("tiny.json", TinyRun.Config);
        Assert.Equal(0, await Command.RunAsync(
            "init", "--model", _folder["tiny.json"], "--output", _folder["model"], "--tokenizer", _folder["tokenizer"]));
        return await Command.RunApartAsync(["evaluate", "--model", _folder["model"], .. arguments]);
    }

    private void Paint(params string[] names)
    {
        foreach (var (name, i) in names.Select((name, i) => (name, i)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllBytes(_folder[name], Pictures.Png(20 + i, 30).ToArray());
        }
    }
}
