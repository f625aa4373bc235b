namespace Clip.EndToEnd.Tests.Packages;

/// <summary>The sample that only an installed package can run.</summary>
[Collection(PackedLibraries.Name)]
public sealed class SampleTests(TrainedModel trained, Consumers consumers)
{
    [Fact]
    public async Task TheFSharpScriptNamesEveryPicture()
    {
        using var folder = new TempFolder();
        Directory.CreateSymbolicLink(folder["model"], trained.Folder);
        Directory.CreateDirectory(folder["photos"]);
        File.Copy(trained.Picture("red", "square"), folder["photos/a.jpg"]);
        File.Copy(trained.Picture("blue", "ring"), folder["photos/b.jpg"]);
        var run = (await consumers.RunScriptAsync("samples/Classify.fsx", folder, "red square", "blue ring")).Succeeded();
        Assert.Equal(["a.jpg: red square", "b.jpg: blue ring"], run.OutputLines.Select(line => line[(line.IndexOfAny(['/', '\\']) + 1)..]));
    }
}
