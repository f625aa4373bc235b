using System.Text.Json;

namespace Clip.EndToEnd.Tests.Searching;

/// <summary>From pictures to an index, and from words and pictures back to them.</summary>
[Collection(SharedModel.Name)]
public sealed class SearchTests(TrainedModel trained) : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Index => _folder["photos.index"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WordsAndPicturesFindPictures()
    {
        await IndexAsync(Pictures());

        var byWords = await SearchAsync("red", "square", "--top", "3");
        Assert.Equal(3, byWords.Length);
        Assert.StartsWith("red-", Name(byWords[0]), StringComparison.Ordinal);
        Assert.True(byWords[0].GetProperty("score").GetDouble() >= byWords[1].GetProperty("score").GetDouble());

        var blue = trained.Picture("blue", "ring");
        Assert.Equal(Path.GetFileName(blue), Name((await SearchAsync("--image", blue))[0]));
        // A picture counts as much as it is told to.
        var hardly = await SearchAsync("red square", "--image", blue, "--image-weight", "0.01");
        Assert.StartsWith("red-", Name(hardly[0]), StringComparison.Ordinal);
        var reds = (await SearchAsync("red", "--top", "4")).Select(Name);
        Assert.NotEqual(reds, (await SearchAsync("red", "--without", "square", "--top", "4")).Select(Name));

        var lines = (await ClipProcess.RunInAsync(_folder.Path, "search", Index, "green")).Succeeded().OutputLines;
        Assert.Equal(10, lines.Length);
        Assert.Matches(@"^-?0\.\d{3}  photos/green-\S+\.png$", lines[0]);
    }

    [Fact]
    public async Task OnlyWhatHasChangedIsEmbedded()
    {
        var photos = Pictures();
        Assert.EndsWith(": 24 pictures (24 new)", await IndexAsync(photos), StringComparison.Ordinal);
        Assert.EndsWith(": 24 pictures", await IndexAsync(photos), StringComparison.Ordinal);

        File.Delete(Path.Combine(photos, "red-square-0.png"));
        File.Copy(trained.Picture("blue", "ring"), Path.Combine(photos, "red-ring-0.png"), overwrite: true);
        File.SetLastWriteTimeUtc(Path.Combine(photos, "red-ring-0.png"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.Copy(trained.Picture("red", "square"), Path.Combine(photos, "other.png"));
        File.WriteAllText(Path.Combine(photos, "broken.png"), "no picture");
        var run = await ClipProcess.RunAsync("index", photos, "--output", Index);
        Assert.Equal([$"{Index}: 24 pictures (1 new, 1 changed, 1 gone, 1 broken)"], run.Succeeded().OutputLines);
        var skipped = $"Skipped {Path.Combine(photos, "broken.png")}: ";
        Assert.Contains(run.ErrorLines, line => line.StartsWith(skipped, StringComparison.Ordinal));

        Assert.Equal("other.png", Name((await SearchAsync("--image", trained.Picture("red", "square")))[0]));
        Assert.Equal(["photos", "photos.index"], _folder.Entries.Order());
    }

    [Fact]
    public async Task TablesAndShardsAreIndexedWithTheirCaptions()
    {
        await IndexAsync(trained.TestTable);
        var found = await SearchAsync("red square", "--top", "1");
        Assert.Contains("red", found[0].GetProperty("caption").GetString(), StringComparison.Ordinal);

        (await ClipProcess.RunAsync("data", "shard", trained.TestTable, "--output", _folder["shards"])).Succeeded();
        var shards = _folder["shards.index"];
        for (var pass = 0; pass < 2; pass++)
        {
            var line = Assert.Single((await ClipProcess.RunAsync(
                "index", _folder["shards"], "--model", trained.Folder, "--output", shards)).Succeeded().OutputLines);
            Assert.EndsWith(pass == 0 ? "24 pictures (24 new)" : "24 pictures", line, StringComparison.Ordinal);
        }

        var inShard = JsonDocument.Parse((await ClipProcess.RunAsync("search", shards, "red square", "--json")).Succeeded().Output);
        var best = inShard.RootElement.GetProperty("results")[0];
        Assert.Equal(found[0].GetProperty("score").GetSingle(), best.GetProperty("score").GetSingle(), 5);
        Assert.Contains(".tar:", best.GetProperty("id").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FiltersLeaveWhatTheyDescribe()
    {
        var photos = Pictures();
        File.SetLastWriteTime(Path.Combine(photos, "blue-ring-0.png"), new DateTime(2019, 5, 4));
        await IndexAsync(photos);

        var blues = await SearchAsync("red", "--filter", "path=*blue-*");
        Assert.All(blues, picture => Assert.StartsWith("blue-", Name(picture), StringComparison.Ordinal));
        Assert.Equal("blue-ring-0.png", Name(Assert.Single(await SearchAsync("red", "--filter", "date<2020"))));
        Assert.Equal("blue-ring-0.png", Name(Assert.Single(await SearchAsync("red", "--filter", "date=2019-05", "size<1GB"))));
        Assert.Empty(await SearchAsync("red", "--filter", "date=2019-05", "size>1MB"));
        var refused = await ClipProcess.RunAsync("search", Index, "red", "--filter", "color=red");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("clip: --filter 'color=red' is no condition", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DuplicatesAreGrouped()
    {
        var photos = Pictures();
        File.Copy(trained.Picture("red", "square"), Path.Combine(photos, "a-copy.png"));
        await IndexAsync(photos);
        var run = await ClipProcess.RunInAsync(_folder.Path, "duplicates", Index, "--min-score", "0.9999999");
        var lines = run.Succeeded().OutputLines;
        Assert.Equal("1.000  photos/a-copy.png", lines[0]);
        Assert.Equal("1.000  photos/red-square-0.png", lines[1]);
        Assert.Equal("2 pictures in 1 group", lines[^1]);
    }

    [Fact]
    public async Task AnApproximateSearchNeedsAGraphOfTheIndexAsItIs()
    {
        var photos = Pictures();
        await IndexAsync(photos);
        await RefusedAsync("has no graph for approximate search");
        var exact = await SearchAsync("red square");
        (await ClipProcess.RunAsync("index", photos, "--output", Index, "--approximate")).Succeeded();
        Assert.Equal(exact.Select(Name), (await SearchAsync("red square", "--approximate")).Select(Name));
        File.Delete(Path.Combine(photos, "blue-ring-0.png"));
        await IndexAsync(photos);
        await RefusedAsync("as it is now");

        async Task RefusedAsync(string sentence)
        {
            var run = await ClipProcess.RunAsync("search", Index, "red square", "--approximate");
            Assert.Equal(1, run.ExitCode);
            Assert.Contains(sentence, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AnotherModelIsRefusedInOneSentence()
    {
        await IndexAsync(Pictures());
        var other = _folder["other"];
        foreach (var file in Directory.GetFiles(trained.Folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(other, Path.GetRelativePath(trained.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        File.AppendAllText(Path.Combine(other, "config.json"), " ");
        foreach (var command in new[] { new[] { "search", Index, "red" }, ["index", _folder["photos"], "--output", Index] })
        {
            var run = await ClipProcess.RunAsync([.. command, "--model", other]);
            Assert.Equal(1, run.ExitCode);
            Assert.Matches("^clip: The index .* was made with the model .*index the pictures anew\\.$", Assert.Single(run.ErrorLines));
        }
    }

    [SkippableFact]
    public async Task APageOfResultsIsOpened()
    {
        Skip.If(OperatingSystem.IsWindows(), "the browser of this test is a shell script");
        await IndexAsync(Pictures());
        var browser = _folder.Write("browser", "#!/bin/sh\ncp \"$1\" \"$(dirname \"$0\")/seen.html\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(browser, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var process = ChildProcess.Dotnet(
            _folder.Path, ClipProcess.Arguments(["search", Index, "a <red> square", "--open"]),
            new Dictionary<string, string> { ["BROWSER"] = browser });
        var run = (await process.FinishAsync()).Succeeded();
        var page = await File.ReadAllTextAsync(run.ErrorLines[^1]);
        Directory.Delete(Path.GetDirectoryName(run.ErrorLines[^1])!, recursive: true);
        Assert.Contains("<h1>a &lt;red&gt; square</h1>", page, StringComparison.Ordinal);
        Assert.Equal(10, page.Split($"<img loading=\"lazy\" src=\"{new Uri(_folder["photos"]).AbsoluteUri}/").Length - 1);
        for (var i = 0; i < 100 && !File.Exists(_folder["seen.html"]); i++) await Task.Delay(100);
        Assert.True(File.Exists(_folder["seen.html"]));
    }

    [Fact]
    public async Task AWatchTakesUpWhatChanges()
    {
        var photos = Pictures();
        using var watch = ClipProcess.Start(
            _folder.Path, "index", photos, "--model", trained.Folder, "--output", Index, "--watch");
        await watch.SeeAsync(line => line.EndsWith("(24 new)", StringComparison.Ordinal));
        File.Delete(Path.Combine(photos, "red-square-0.png"));
        await watch.SeeAsync(line => line.EndsWith("23 pictures (1 gone)", StringComparison.Ordinal));
        File.Copy(trained.Picture("red", "square"), Path.Combine(photos, "new.png"));
        await watch.SeeAsync(line => line.EndsWith("24 pictures (1 new)", StringComparison.Ordinal));
        Assert.Equal("new.png", Name((await SearchAsync("--image", trained.Picture("red", "square")))[0]));

        // It looks every two seconds, and tells of looks that changed something, or that it could not take.
        await Task.Delay(TimeSpan.FromSeconds(3));
        Directory.Move(photos, _folder["away"]);
        await Task.Delay(TimeSpan.FromSeconds(3));
        watch.Kill();
        var seen = await watch.FinishAsync();
        Assert.Equal(3, seen.OutputLines.Length);
        Assert.Single(seen.ErrorLines, line => line.StartsWith($"Skipped {Index}: ", StringComparison.Ordinal));
        Assert.Equal("new.png", Name((await SearchAsync("--image", trained.Picture("red", "square")))[0]));
    }

    /// <summary>As a power cut would end it.</summary>
    [Fact]
    public async Task AKilledIndexingLosesNothingAndGoesOn()
    {
        var photos = Pictures();
        await IndexAsync(photos);
        var before = await File.ReadAllBytesAsync(Index);
        const int more = 3000;
        for (var i = 0; i < more; i++) File.Copy(trained.Picture("green", "cross"), Path.Combine(photos, $"more-{i:D4}.png"));

        string[] command = ["index", photos, "--model", trained.Folder, "--output", Index];
        using (var run = ClipProcess.Start(_folder.Path, command))
        {
            // Two batches at the least.
            var journal = new FileInfo(Index + ".partial");
            for (var i = 0; i < 3000 && !(journal.Exists && journal.Length > 20_000); i++)
            {
                await Task.Delay(10);
                journal.Refresh();
            }

            run.Kill();
        }

        Assert.Equal(before, await File.ReadAllBytesAsync(Index));
        Assert.Contains("photos.index.partial", _folder.Entries);
        var resumed = Assert.Single((await ClipProcess.RunAsync(command)).Succeeded().OutputLines);
        Assert.StartsWith($"{Index}: {24 + more} pictures (", resumed, StringComparison.Ordinal);
        Assert.InRange(int.Parse(resumed.Split('(')[1].Split(' ')[0]), 1, more - 64);
        Assert.Equal(["photos", "photos.index"], _folder.Entries.Order());
        Assert.EndsWith($"{24 + more} pictures", await IndexAsync(photos), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give words to search by", "search", "photos.index")]
    [InlineData("none.index' does not exist", "search", "none.index", "red")]
    [InlineData("none.index' does not exist", "duplicates", "none.index")]
    [InlineData("is no index of pictures", "search", "text.index", "red")]
    [InlineData("is no index of pictures", "index", "photos", "--output", "text.index")]
    [InlineData("is a folder", "index", "photos", "--output", "photos")]
    [InlineData("No picture matches", "index", "absent.jpg*", "absent", "--output", "new.index")]
    [InlineData("None of the 1 pictures can be read", "index", "broken", "--output", "new.index")]
    [InlineData("none of which is among those given", "index", "other", "--output", "photos.index")]
    public async Task MistakesAreToldInASentence(string sentence, params string[] command)
    {
        var photos = Pictures();
        if (command.Contains("photos.index")) await IndexAsync(photos);
        _folder.Write("text.index", new string('x', 5000));
        _folder.Write("broken/picture.jpg", "no picture");
        Directory.CreateDirectory(_folder["other"]);
        File.Copy(trained.Picture("red", "square"), _folder["other/picture.png"]);
        string[] model = command[0] == "index" ? ["--model", trained.Folder] : [];
        var run = await ClipProcess.RunInAsync(_folder.Path, [.. command, .. model]);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("clip: ", run.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains(sentence, run.ErrorLines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Entries, name => name.StartsWith("new.index", StringComparison.Ordinal));
    }

    private static string Name(JsonElement picture) => Path.GetFileName(picture.GetProperty("id").GetString()!);

    /// <summary>The 24 pictures that the model was not trained on, in a folder of their own.</summary>
    private string Pictures()
    {
        Directory.CreateDirectory(_folder["photos"]);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(trained.Picture("red", "square"))!))
            File.Copy(file, _folder[$"photos/{Path.GetFileName(file)}"]);
        return _folder["photos"];
    }

    private async Task<string> IndexAsync(string source) => Assert.Single(
        (await ClipProcess.RunAsync("index", source, "--model", trained.Folder, "--output", Index)).Succeeded().OutputLines);

    private async Task<JsonElement[]> SearchAsync(params string[] query)
    {
        var run = (await ClipProcess.RunAsync(["search", Index, .. query, "--json"])).Succeeded();
        using var document = JsonDocument.Parse(run.Output);
        return [.. document.RootElement.GetProperty("results").EnumerateArray().Select(result => result.Clone())];
    }
}
