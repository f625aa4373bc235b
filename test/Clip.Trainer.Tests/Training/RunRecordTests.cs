using System.Text.Json;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>A run is repeated where all that decides it is as it was, and refused by the name of what is not.</summary>
public sealed class RunRecordTests : IDisposable
{
    private static readonly RunRecord Record = new(
        "1.0", new Dictionary<string, string[]> { ["--lr"] = ["1e-3"], ["--zeroshot-data"] = ["a", "b"], ["--lock-image"] = [] }, "/work",
        "12 pairs abc", new Dictionary<string, string> { ["LearningRate"] = "0.001", ["Seed"] = "5" },
        Json("""{"hidden": 16, "layers": [1, 2]}"""))
    {
        Changes = ["`LearningRate` was 1 and is 2"],
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheSameRunIsRepeatedWithoutAWord()
    {
        var said = new List<string>();

        (Record with { Config = Json("""{"layers": [1, 2], "hidden": 16}""") }).Repeats(Record, said.Add);

        Assert.Empty(said);
    }

    [Fact]
    public void AnotherModelConfigIsRefused()
    {
        foreach (var other in new[] { """{"hidden": 16, "layers": [2, 2]}""", """{"hidden": 16}""" })
        {
            var error = Assert.Throws<ClipException>(() => (Record with { Config = Json(other) }).Repeats(Record, _ => { }));
            Assert.Contains("config has changed", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void OtherDataAndOptionsAreRefusedByName()
    {
        var data = Assert.Throws<ClipException>(() => (Record with { Data = "12 pairs abd" }).Repeats(Record, _ => { }));
        Assert.Contains("'12 pairs abc' and are '12 pairs abd'", data.Message, StringComparison.Ordinal);

        var options = new Dictionary<string, string>(Record.Options) { ["Seed"] = "6" };
        var seed = Assert.Throws<ClipException>(() => (Record with { Options = options }).Repeats(Record, _ => { }));
        Assert.Contains("was 5 and is 6", seed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherVersionIsSaid()
    {
        var said = new List<string>();

        (Record with { Version = "1.1" }).Repeats(Record, said.Add);

        Assert.Contains("version 1.0, and this is 1.1", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void ARecordIsReadAsItWasWritten()
    {
        Directory.CreateDirectory(_folder["model.run"]);
        Record.Save(_folder["model.run"]);

        Assert.All(new[] { "model.run", "model" }, folder =>
        {
            var read = RunRecord.Load(_folder[folder]);
            read.Repeats(Record, line => Assert.Fail(line));
            Assert.Equal(["--lr", "1e-3", "--zeroshot-data", "a", "b", "--lock-image"], read.CommandLine());
            Assert.Equal((Record.Version, Record.WorkingFolder), (read.Version, read.WorkingFolder));
            Assert.Equal(Record.Changes, read.Changes);
        });
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();

    [Fact]
    public void A_record_whose_options_are_flags_is_of_an_earlier_version()
    {
        var earlier = Record with { Options = new Dictionary<string, string> { ["--lr"] = "0.001", ["--seed"] = "5" } };

        var error = Assert.Throws<ClipException>(() => Record.Repeats(earlier, _ => { }));

        Assert.Contains("whose options cannot be compared", error.Message, StringComparison.Ordinal);
    }
}
