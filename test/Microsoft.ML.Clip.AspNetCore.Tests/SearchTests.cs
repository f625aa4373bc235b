using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.ML.Clip.Tests.Models;
using SkiaSharp;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

/// <summary>Nine pictures, three of each color, in an index whose ids and paths are the files' paths.</summary>
public sealed class SearchTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly string[] _files;

    public SearchTests()
    {
        _files = _folder.Pictures(9);
        using var model = ClipModel.Open(_folder.Path);
        using var index = ClipImageIndex.Create(IndexPath, model);
        foreach (var file in _files)
            index.Add(new ClipIndexEntry(file) { Path = file, Modified = File.GetLastWriteTimeUtc(file) }, model.EmbedImage(file));
        index.Save();
    }

    private string IndexPath => _folder["photos.index"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WordsAPictureAndLikenessFindPictures()
    {
        await using var application = await StartAsync();
        var byWords = Results(await application.Client.GetFromJsonAsync<JsonElement>("search?q=green&top=3"));
        Assert.All(byWords, found => Assert.EndsWith("-green.png", found.Name, StringComparison.Ordinal));

        var byPicture = Results(await application.AskAsync("search", new { image = ClipApplication.DataUrl(2), top = 3 }));
        Assert.All(byPicture, found => Assert.EndsWith("-blue.png", found.Name, StringComparison.Ordinal));

        var like = Results(await application.Client.GetFromJsonAsync<JsonElement>($"search?like={byWords[0].Id}&top=8"));
        Assert.DoesNotContain(byWords[0].Id, like.Select(found => found.Id));
        Assert.All(like.Take(2), found => Assert.EndsWith("-green.png", found.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WordsThatAreNotWantedLeadAway()
    {
        await using var application = await StartAsync();
        var found = Results(await application.Client.GetFromJsonAsync<JsonElement>("search?q=red%20blue&without=red&top=3"));
        Assert.All(found, picture => Assert.EndsWith("-blue.png", picture.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PagesOfResultsFollowOneAnother()
    {
        await using var application = await StartAsync();
        var all = Results(await application.Client.GetFromJsonAsync<JsonElement>("search?q=red&top=9"));
        var second = Results(await application.Client.GetFromJsonAsync<JsonElement>("search?q=red&top=3&skip=3"));
        Assert.Equal(9, all.Length);
        Assert.Equal(all[3..6], second);
    }

    [Fact]
    public async Task NoPathComesOutAndNoneGoesIn()
    {
        await using var application = await StartAsync();
        var answer = await application.Client.GetStringAsync("search?q=red");
        Assert.DoesNotContain(_folder.Path, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("pictures", answer, StringComparison.Ordinal);
        foreach (var path in new[] { _files[0], "../photos.index", "config.json", "..%2f..%2fetc%2fpasswd" })
        {
            using var response = await application.Client.GetAsync($"pictures/{Uri.EscapeDataString(path)}");
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Fact]
    public async Task PicturesAreShownByTheirIdsAndSmall()
    {
        await using var application = await StartAsync();
        var found = Results(await application.Client.GetFromJsonAsync<JsonElement>("search?q=red&top=1"))[0];
        using var response = await application.Client.GetAsync($"pictures/{found.Id}?size=20");
        Assert.Equal("image/webp", response.Content.Headers.ContentType!.MediaType);
        using var picture = SKBitmap.Decode(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(20, Math.Max(picture.Width, picture.Height));
        var color = picture.GetPixel(10, 10);
        Assert.True(color.Red > 150 && color.Green < 100 && color.Blue < 100, $"{color} is not red.");

        using var again = new HttpRequestMessage(HttpMethod.Get, $"pictures/{found.Id}?size=20");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await application.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    /// <summary>What was a picture when it was indexed may be something else now.</summary>
    [Fact]
    public async Task AFileThatIsGoneOrNoPictureIsNotHandedOut()
    {
        await using var application = await StartAsync();
        var found = Results(await application.Client.GetFromJsonAsync<JsonElement>("search?q=red&top=9"));
        File.Delete(_files.Single(file => file.EndsWith(found[0].Name, StringComparison.Ordinal)));
        File.WriteAllText(_files.Single(file => file.EndsWith(found[1].Name, StringComparison.Ordinal)), "a secret");
        foreach (var picture in found[..2])
        {
            using var response = await application.Client.GetAsync($"pictures/{picture.Id}");
            var (status, message) = await ClipApplication.ErrorAsync(response);
            Assert.Equal(404, status);
            Assert.DoesNotContain(_folder.Path, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("search", "nothing to search by")]
    [InlineData("search?q=red&top=0", "'top' must be")]
    [InlineData("search?q=red&tpo=3", "no field 'tpo'")]
    [InlineData("search?q=red&q=blue", "more than once")]
    [InlineData("search?without=red", "nothing to search by")]
    [InlineData("search?q=red&without=red&without_weight=-1", "'without_weight' must be")]
    [InlineData("search?q=red&without=red&without_weight=1", "cancel each other out")]
    [InlineData("pictures/x?size=99999", "'size' must be")]
    public async Task AWrongQueryIsRefusedInASentence(string path, string said)
    {
        await using var application = await StartAsync();
        using var response = await application.Client.GetAsync(path);
        var (status, message) = await ClipApplication.ErrorAsync(response);
        Assert.Equal(400, status);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAnIndexSearchSaysSo()
    {
        await using var application = await ClipApplication.StartAsync();
        using var response = await application.Client.GetAsync("search?q=red");
        var (status, message) = await ClipApplication.ErrorAsync(response);
        Assert.Equal(404, status);
        Assert.Contains("No index is served", message, StringComparison.Ordinal);
        Assert.False((await application.Client.GetFromJsonAsync<JsonElement>("info")).TryGetProperty("pictures", out _));
    }

    private Task<ClipApplication> StartAsync() => ClipApplication.StartAsync(options => options.IndexPath = IndexPath);

    private static (string Id, string Name, float Score)[] Results(JsonElement answer) =>
        [.. answer.GetProperty("results").EnumerateArray().Select(found => (
            found.GetProperty("id").GetString()!, found.GetProperty("name").GetString()!, found.GetProperty("score").GetSingle()))];
}
