using System.Text.Json;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Results;

/// <summary>Results are CLIP_benchmark's entries, come back from files as they were, and are compared only where they can be.</summary>
public sealed class ResultTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What CLIP_benchmark's <c>build</c> reads of a file: metrics, and strings for model and pretrained.</summary>
    [Fact]
    public void AFileOfOneResultIsClipBenchmarks()
    {
        ResultFile.Write(_folder["{dataset}_{model}_{task}.json"], [Result("pets", "my/model", [1, 0, 1])]);

        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["pets_my_model_zeroshot_classification.json"]));
        var root = json.RootElement;
        Assert.Equal(["dataset", "model", "pretrained", "task", "metrics", "language"], root.EnumerateObject().Take(6).Select(p => p.Name));
        Assert.Equal(2 / 3.0, root.GetProperty("metrics").GetProperty("acc1").GetDouble());
        Assert.Equal("101", root.GetProperty("outcomes").GetProperty("acc1").GetProperty("values").GetString());
        Assert.Equal(3, root.GetProperty("images").GetDouble());
    }

    [Fact]
    public void EveryKindOfOutcomeComesBack()
    {
        var written = Result("pets", "a", [1, 0.5, 0]) with
        {
            Metrics =
            [
                Metric.Of("acc1", new MeanStatistic([1, 0.5, 0]), Measured.Draws),
                Metric.Of("mean_per_class_recall", new ClassMeanStatistic([1, 0, 0], [0, 1, 1]), Measured.Draws),
                Metric.Of(
                    "mean_average_precision",
                    new AveragePrecisionStatistic([[0.1f, 2], [3, 0.4f], [0, 1]], [[0, 1], [], [1]]), Measured.Draws),
                new Metric("ece", 0.25),
            ],
        };
        ResultFile.Write(_folder["a.json"], [written, written with { Dataset = "food" }]);

        var read = ResultFile.Read(_folder["a.json"]);

        Assert.Equal(["pets", "food"], read.Select(result => result.Dataset));
        foreach (var (before, after) in written.Metrics.Zip(read[0].Metrics))
        {
            Assert.Equal((before.Name, before.Value), (after.Name, after.Value));
            Assert.Equal(before.Statistic?.Value, after.Statistic?.Value);
            Assert.Equal(before.Statistic?.GetType(), after.Statistic?.GetType());
        }
    }

    [Fact]
    public void RowsAreAddedBelowOthers()
    {
        ResultTable.Append(_folder["results.csv"], Result("pets", "a, the first", [1, 0, 1]));
        ResultTable.Append(_folder["results.csv"], Result("pets", "b", [1, 1, 1]) with { Task = EvaluationResult.ProbeTask, FewShot = 4 });

        var lines = File.ReadAllLines(_folder["results.csv"]);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("dataset,model,pretrained,task,language,fewshot_k,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("pets,\"a, the first\",f00d,zeroshot_classification,en,,3,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("pets,b,f00d,linear_probe,en,4,3,", lines[2], StringComparison.Ordinal);
    }

    /// <summary>Columns in another order, as a spreadsheet may leave them, are filled by their names.</summary>
    [Fact]
    public void ColumnsAreFoundByName()
    {
        File.WriteAllText(_folder["mine.csv"], "note,acc1,data,skipped,task,images,dataset,model,language,pretrained\n");

        ResultTable.Append(_folder["mine.csv"], Result("pets", "a", [1, 1, 1]));

        Assert.Equal(",1,d1,0,zeroshot_classification,3,pets,a,en,f00d", File.ReadAllLines(_folder["mine.csv"])[1]);
    }

    /// <summary>A spreadsheet may put a mark of the encoding before the first column's name.</summary>
    [Fact]
    public void ATableBegunBySpreadsheetsIsATable()
    {
        File.WriteAllText(_folder["theirs.csv"], "\uFEFFdataset,model,pretrained,task,language,data,acc1\n");

        ResultTable.Append(_folder["theirs.csv"], Result("pets", "a \"big\" one\nof two lines", [1, 0, 0]));

        Assert.Equal(
            "dataset,model,pretrained,task,language,data,acc1\n"
            + "pets,\"a \"\"big\"\" one\nof two lines\",f00d,zeroshot_classification,en,d1,0.3333333333333333\n",
            File.ReadAllText(_folder["theirs.csv"]));
    }

    /// <summary>Numbers that are no metrics are left out where the table has no place for them; an empty file is a new one.</summary>
    [Fact]
    public void ANewTableHasAllColumns_AndItsFolderIsMade()
    {
        _folder.Write("empty.csv", "");
        foreach (var table in new[] { _folder["empty.csv"], _folder["made/new.csv"] })
        {
            ResultTable.Append(table, Result("pets", "a", [1, 0]) with { Facts = [("images", 2), ("of our own", 7)] });

            var lines = File.ReadAllLines(table);
            Assert.Equal(2, lines.Length);
            Assert.Equal(lines[0].Split(',').Length, lines[1].Split(',').Length);
            Assert.StartsWith("pets,a,f00d,zeroshot_classification,en,,2,,0.5,,", lines[1], StringComparison.Ordinal);
            Assert.Equal(
                "dataset,model,pretrained,task,language,fewshot_k,images,labels,acc1,acc5,mean_per_class_recall,ece,group_acc1,"
                + "mean_average_precision,image_retrieval_recall@1,image_retrieval_recall@5,image_retrieval_recall@10,"
                + "text_retrieval_recall@1,text_retrieval_recall@5,text_retrieval_recall@10,lp_acc1,lp_acc5,lp_mean_per_class_recall,"
                + "lp_ece,lp_acc1_std,l2,train_images,draws,seconds,skipped,data", lines[0]);
        }
    }

    [Theory]
    [InlineData("name,age\n", "is no table of results")]
    [InlineData("dataset,model\n", "has no column")]
    [InlineData("dataset,model\npets,a", "has no end")]
    public void AnotherTableIsLeftAlone(string text, string sentence)
    {
        File.WriteAllText(_folder["other.csv"], text);

        var error = Assert.Throws<ClipException>(() => ResultTable.Append(_folder["other.csv"], Result("pets", "a", [1])));

        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(_folder["other.csv"]));
    }

    [Fact]
    public void ResultsOfTheSamePicturesAreCompared()
    {
        var compared = Assert.Single(Comparison.Of([Result("pets", "a", [0, 0, 1])], [Result("pets", "b", [1, 1, 1])], Measured.Draws));

        Assert.Equal(("acc1", 1 / 3.0, 1.0), (compared.Metric, compared.FirstValue, compared.SecondValue));
    }

    [Fact]
    public void ResultsOfOtherPicturesAreNot()
    {
        Refused(Result("food", "b", [1, 1, 1]), "no data set and task in common");
        Refused(Result("pets", "b", [1, 1, 1]) with { Data = "d2" }, "different pictures or labels");
        Refused(Result("pets", "b", [1, 1]) with { Data = "d2" }, "(3 pictures and 2");

        void Refused(EvaluationResult other, string sentence) => Assert.Contains(
            sentence,
            Assert.Throws<ClipException>(() => Comparison.Of([Result("pets", "a", [0, 0, 1])], [other], Measured.Draws)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("{\"results\": 3}")]
    [InlineData("not json")]
    [InlineData("{\"dataset\": \"a\", \"model\": \"b\", \"pretrained\": 1, \"task\": \"c\", \"metrics\": {}}")]
    public void AFileThatIsNoResultIsNamed(string text)
    {
        File.WriteAllText(_folder["a.json"], text);

        var error = Assert.Throws<ClipException>(() => ResultFile.Read(_folder["a.json"]));

        Assert.Contains("a.json cannot be read", error.Message, StringComparison.Ordinal);
    }

    /// <summary>CLIP of the paper, as open_clip measured it, among others.</summary>
    [Fact]
    public void PublishedResultsAreThoseOfTheSetAndMetric()
    {
        var measured = Result("my-food", "a", [1]);
        var published = PublishedResults.Of(measured with { Known = "food101", Metrics = [.. measured.Metrics, new("ece", 0.1)] });

        Assert.All(published, result => Assert.Equal(("food101", "acc1"), (result.Dataset, result.Metric)));
        Assert.Equal(0.9305, published.Single(result => result is { Model: "ViT-L-14", Pretrained: "openai" }).Value);
        Assert.Empty(PublishedResults.Of(Result("food101", "a", [1])));
    }

    private static EvaluationResult Result(string dataset, string model, double[] hits) =>
        Measured.Result(dataset, model, Measured.Mean("acc1", hits)) with { Facts = [("images", hits.Length), ("skipped", 0)] };
}
