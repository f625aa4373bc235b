using System.Text.Json.Nodes;
using Clip.Cli.Reporting;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Reporting;

/// <summary>Labels of pictures, for people and for programs.</summary>
public sealed class LabelReportTests
{
    private static readonly LabeledPicture Rex = new("rex.png", [new("dog", 0.75f), new("cat", 0.2f), new("red, \"old\" car", 0.05f)]);

    [Fact]
    public void ALabelsBarIsAsLongAsItIsLikely() => Assert.Equal(
        [
            $"  {new string('█', 22)}{new string('░', 8)}  75.0 %  dog", // 22.5 is rounded to the even number
            $"  {new string('█', 6)}{new string('░', 24)}  20.0 %  cat",
            $"  {new string('█', 2)}{new string('░', 28)}   5.0 %  red, \"old\" car",
        ],
        LabelReport.Lines(Rex));

    [Fact]
    public void ACertainLabelFillsItsBar() => Assert.Equal(
        [$"  {new string('█', 30)} 100.0 %  dog", $"  {new string('░', 30)}   0.0 %  cat"],
        LabelReport.Lines(new LabeledPicture("rex.png", [new("dog", 1), new("cat", 0)])));

    [Fact]
    public void TheDocumentTellsTheModelToo()
    {
        var json = JsonNode.Parse(LabelReport.Json("my/model", "f00d", [Rex, new("tom.png", [new("cat", 0.5f)])]))!.AsObject();

        Assert.Equal(["model", "fingerprint", "images"], json.Select(pair => pair.Key));
        Assert.Equal(("my/model", "f00d"), ((string?)json["model"], (string?)json["fingerprint"]));
        Assert.Equal(["rex.png", "tom.png"], json["images"]!.AsArray().Select(image => (string?)image!["path"]));
        Assert.Equal(
            ["dog 0.75", "cat 0.2", "red, \"old\" car 0.05"],
            json["images"]![0]!["labels"]!.AsArray().Select(l => $"{(string?)l!["label"]} {l["score"]}"));
    }

    [Fact]
    public void TheTableHasARowForEachLabelOfEachPicture() => Assert.Equal(
        "path,label,score\nrex.png,dog,0.75\nrex.png,cat,0.2\nrex.png,\"red, \"\"old\"\" car\",0.05\ntom.png,cat,0.5\n",
        LabelReport.Csv([Rex, new("tom.png", [new("cat", 0.5f)])]).ReplaceLineEndings("\n"));
}
