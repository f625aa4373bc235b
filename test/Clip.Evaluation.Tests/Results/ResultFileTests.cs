using System.Text.Json;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Results;

/// <summary>Which files results go to, what stands in them, and what of them comes back where others wrote them.</summary>
public sealed class ResultFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EachResultHasTheFileThatItsNameAsksFor()
    {
        var zeroShot = Result("vtab/pets", "a\\b:c*d?e\"f<g>h|i\n") with { Language = "de" };
        var probe = Result("pets", "a") with { Task = EvaluationResult.ProbeTask, FewShot = 4 };

        ResultFile.Write(_folder["new/{dataset}-{model}-{pretrained}-{task}-{language}.json"], [zeroShot, probe]);

        Assert.Equal(
            ["pets-a-f00d-linear_probe_4-en.json", "vtab_pets-a_b_c_d_e_f_g_h_i_-f00d-zeroshot_classification-de.json"],
            Directory.GetFiles(_folder["new"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.EndsWith("}\n", File.ReadAllText(_folder["new/pets-a-f00d-linear_probe_4-en.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void OneFileOfSeveralIsNotForTwoResults()
    {
        var error = Assert.Throws<ClipException>(() => ResultFile.Write(
            _folder["{dataset}.json"], [Result("pets", "a"), Result("pets", "b"), Result("food", "a")]));

        Assert.Contains("pets.json, for 2 results", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void AFileThatCannotBeWrittenLeavesNothingBesideIt()
    {
        Directory.CreateDirectory(_folder["a.json"]);

        Assert.ThrowsAny<SystemException>(() => ResultFile.Write(_folder["a.json"], [Result("pets", "a")]));

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void AnAbsentFileIsNamed() => Assert.Contains(
        "There is no file", Assert.Throws<ClipException>(() => ResultFile.Read(_folder["none.json"])).Message, StringComparison.Ordinal);

    [Fact]
    public void AFileTellsBoundsNumbersAndReliability()
    {
        var result = Result("pets", "a") with { Calibration = Calibration.Of([0.1, 0.15, 0.9], [0, 1, 1], bins: 2) };
        var bounds = result.Metrics[0].Interval!.Value;
        ResultFile.Write(_folder["a.json"], [result]);

        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["a.json"]));

        var root = json.RootElement;
        var told = root.GetProperty("intervals_95").GetProperty("acc1").EnumerateArray().Select(bound => bound.GetDouble());
        Assert.Equal([bounds.Low, bounds.High], told);
        Assert.Equal(["acc1"], root.GetProperty("intervals_95").EnumerateObject().Select(p => p.Name));
        Assert.Equal((3, "d1"), (root.GetProperty("images").GetDouble(), root.GetProperty("data").GetString()));
        Assert.Equal(
            [(0, 0.5, 2, 0.125, 0.5), (0.5, 1, 1, 0.9, 1)],
            root.GetProperty("reliability").EnumerateArray().Select(bin => (
                bin.GetProperty("low").GetDouble(), bin.GetProperty("high").GetDouble(), bin.GetProperty("images").GetInt32(),
                bin.GetProperty("confidence").GetDouble(), bin.GetProperty("accuracy").GetDouble())));
    }

    /// <summary>A range of probabilities that no picture has is none.</summary>
    [Fact]
    public void RangesWithoutPicturesAreLeftOut()
    {
        ResultFile.Write(_folder["a.json"], [Result("pets", "a") with { Calibration = Calibration.Of([0.9], [1]) }]);

        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["a.json"]));

        Assert.Equal(1, json.RootElement.GetProperty("reliability").GetArrayLength());
    }

    [Fact]
    public void ShotsAreAProbesAlone()
    {
        var probe = Result("pets", "a") with { Task = EvaluationResult.ProbeTask, FewShot = 4 };
        ResultFile.Write(_folder["a.json"], [Result("pets", "a"), probe, probe with { FewShot = -1 }]);

        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["a.json"]));

        var metrics = json.RootElement.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("metrics")).ToArray();
        Assert.False(metrics[0].TryGetProperty("fewshot_k", out _));
        Assert.Equal([4, -1], metrics[1..].Select(m => m.GetProperty("fewshot_k").GetInt32()));
        var read = ResultFile.Read(_folder["a.json"]);
        Assert.Equal([-1, 4, -1], read.Select(result => result.FewShot));
        Assert.All(read, result => Assert.Equal(["acc1", "ece"], result.Metrics.Select(metric => metric.Name)));
    }

    [Fact]
    public void OnTheScreenThereIsNothingPictureByPicture()
    {
        using var json = JsonDocument.Parse(ResultFile.Text([Result("pets", "a"), Result("food", "a")]));

        var results = json.RootElement.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(["pets", "food"], results.Select(result => result.GetProperty("dataset").GetString()));
        Assert.All(results, result => Assert.False(result.TryGetProperty("outcomes", out _)));
    }

    [Fact]
    public void WhatWasWrittenIsReplacedAndComesBack()
    {
        var hits = new ClassMeanStatistic([1, 1, 0], [0, 0, 1]); // a half; told the other way round it would be another
        ResultFile.Write(_folder["a.json"], [Result("food", "b")]);
        ResultFile.Write(
            _folder["a.json"],
            [
                Result("pets", "a") with
                {
                    Language = "de",
                    Data = "d7",
                    Metrics = [new("recall", 0.5, hits), new("acc1", 1, new MeanStatistic([0, 1, 1]))],
                },
            ]);

        var read = Assert.Single(ResultFile.Read(_folder["a.json"]));

        Assert.Equal(("pets", "a", "de", "d7"), (read.Dataset, read.Model, read.Language, read.Data));
        Assert.Equal([1, 1, 0], Assert.IsType<ClassMeanStatistic>(read.Metrics[0].Statistic).Values);
        Assert.Equal([0, 1, 1], Assert.IsType<MeanStatistic>(read.Metrics[1].Statistic).Values);
        Assert.StartsWith("{\n  \"dataset\": \"pets\"", File.ReadAllText(_folder["a.json"]), StringComparison.Ordinal); // for people, too
    }

    /// <summary>CLIP_benchmark's own files have neither outcomes nor a fingerprint of the data, and metrics that are no numbers.</summary>
    [Fact]
    public void WhatClipBenchmarkWroteIsRead()
    {
        File.WriteAllText(
            _folder["theirs.json"],
            """
            {"dataset": "pets", "model": "ViT-B-32", "pretrained": "openai", "task": "zeroshot_classification",
             "metrics": {"acc1": 0.5, "report": "text"}}
            """);

        var read = Assert.Single(ResultFile.Read(_folder["theirs.json"]));

        Assert.Equal(("pets", "ViT-B-32", "openai", "zeroshot_classification"), (read.Dataset, read.Model, read.Pretrained, read.Task));
        Assert.Equal(("en", "", -1), (read.Language, read.Data, read.FewShot));
        Assert.Equal([new Metric("acc1", 0.5)], read.Metrics);
    }

    private static EvaluationResult Result(string dataset, string model) =>
        Measured.Result(dataset, model, Measured.Mean("acc1", 1, 0, 1), new("ece", 0.25)) with { Facts = [("images", 3), ("skipped", 0)] };
}
