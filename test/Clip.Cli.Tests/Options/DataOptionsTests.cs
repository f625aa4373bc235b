using System.CommandLine;
using Clip.Cli.Evaluating;
using Clip.Cli.Options;
using Clip.Data;

namespace Clip.Cli.Tests.Options;

/// <summary>What tables of labeled and of captioned pictures are taken for.</summary>
public sealed class DataOptionsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>So that results of tables in another order, and their ties, are the same.</summary>
    [Fact]
    public void LabelsThatNobodyListsAreThoseOfTheTableInOrdinalOrder()
    {
        var table = _folder.Write("set.tsv", "filepath\ttitle\na.png\tdog\nb.png\tcat\nc.png\tZebra\nd.png\tdog\n");
        var options = new LabeledSetOptions("--data", "--labels", "--templates");

        var set = Assert.Single(options.Read(Parse(options.All, "--data", table), new CaptionTableOptions()));

        Assert.Equal(["Zebra", "cat", "dog"], set.Labels);
        Assert.Equal(["dog", "cat", "Zebra", "dog"], set.Images.Select(image => image.Class));
    }

    [Fact]
    public void APictureOfSeveralRowsHasEachOfItsCaptionsOnce()
    {
        var table = _folder.Write("set.tsv", "filepath\ttitle\na.png\ta cat\nb.png\ta dog\n./a.png\ta cat\nx/../a.png\ta pet\n");
        var options = new EvaluationDataOptions();

        var set = Assert.Single(options.Read(Parse(options.All, "--retrieval-data", table)).Captioned);

        Assert.Equal([["a cat", "a pet"], ["a dog"]], set.Images.Select(image => image.Captions));
        Assert.Equal(3, set.CaptionCount);
    }

    private static ParseResult Parse(IEnumerable<Option> options, params string[] arguments)
    {
        var command = new RootCommand();
        foreach (var option in options) command.Options.Add(option);
        return command.Parse(arguments);
    }
}
