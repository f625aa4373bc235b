using System.Net;
using System.Text.Json;
using Clip.Cli.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Clip.Cli.Tests.Serving;

/// <summary>What assistants are given, in this process.</summary>
public sealed class PictureToolsTests : IAsyncLifetime, IDisposable
{
    private readonly TinyFolder _folder = new();
    private WebApplication _server = null!;
    private McpClient _client = null!;

    public async Task InitializeAsync()
    {
        using (var model = ClipModel.Open(_folder.Path))
        using (var index = ClipImageIndex.Create(_folder["photos.index"], model))
        {
            foreach (var file in _folder.Pictures(15)) index.Add(new ClipIndexEntry(file) { Path = file }, model.EmbedImage(file));
            index.Save();
        }

        _server = ServerApplication.Build(new ServeSettings(_folder.Path, "colors", IPAddress.Loopback, 0)
        {
            Configure = options => options.IndexPath = _folder["photos.index"],
        });
        await _server.StartAsync();
        _client = await McpClient.CreateAsync(
            new HttpClientTransport(new() { Endpoint = new Uri(new Uri(_server.Urls.First()), "mcp") }));
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TenPicturesAreGivenUnlessOthersAreAskedForTheBestFirst()
    {
        var usual = await PicturesAsync("search_images", new() { ["query"] = "green" });
        var three = await PicturesAsync("search_images", new() { ["query"] = "green", ["top"] = 3 });
        var blue = (await PicturesAsync("search_images", new() { ["query"] = "blue" }))[0];
        var similar = await PicturesAsync("similar_images", new() { ["id"] = blue.Id });

        Assert.Equal(10, usual.Length);
        Assert.Equal(usual[..3], three);
        Assert.Equal(usual.OrderByDescending(picture => picture.Score), usual);
        Assert.Equal(10, similar.Length);
        Assert.All(similar[..4], picture => Assert.EndsWith("-blue.png", picture.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsNotWantedIsFoundLater()
    {
        string[] red = ["red", " "];
        var without = await PicturesAsync("search_images", new() { ["query"] = "green red", ["without"] = red, ["top"] = 5 });

        Assert.All(without, picture => Assert.EndsWith("-green.png", picture.Name, StringComparison.Ordinal));
        // A blank is nothing that anyone could mean.
        red = ["red"];
        Assert.Equal(without, await PicturesAsync("search_images", new() { ["query"] = "green red", ["without"] = red, ["top"] = 5 }));
    }

    [Theory]
    [InlineData("search_images", """{"query": "green", "top": 0}""", "'top' must be from 1 to 100, and is 0.")]
    [InlineData("search_images", """{"query": "green", "top": 101}""", "'top' must be from 1 to 100, and is 101.")]
    [InlineData("similar_images", """{"id": "x", "top": -1}""", "'top' must be from 1 to 100, and is -1.")]
    [InlineData("search_images", """{"query": " "}""", "'query' is empty; say what to look for.")]
    [InlineData("classify_image", """{"id": "x", "labels": ["a", "b"]}""", "no picture of that id")]
    public async Task AMistakeIsToldInASentence(string tool, string arguments, string sentence)
    {
        var given = JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments)!;

        var result = await _client.CallToolAsync(tool, given);

        Assert.True(result.IsError);
        Assert.Contains(sentence, Assert.IsType<TextContentBlock>(result.Content[0]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHundredMayBeAskedFor() =>
        Assert.Equal(15, (await PicturesAsync("search_images", new() { ["query"] = "green", ["top"] = 100 })).Length);

    [Fact]
    public async Task ToolsOnlyRead()
    {
        Assert.Equal("clip", _client.ServerInfo?.Name);
        Assert.All(await _client.ListToolsAsync(), tool =>
        {
            Assert.True(tool.ProtocolTool.Annotations?.ReadOnlyHint);
            Assert.False(tool.ProtocolTool.Annotations?.OpenWorldHint);
        });
    }

    private async Task<(string Id, string Name, double Score)[]> PicturesAsync(string tool, Dictionary<string, object?> arguments)
    {
        var result = await _client.CallToolAsync(tool, arguments);
        Assert.False(result.IsError is true, string.Join(' ', result.Content.OfType<TextContentBlock>().Select(text => text.Text)));
        return
        [
            .. Assert.IsType<JsonElement>(result.StructuredContent).GetProperty("pictures").EnumerateArray()
                .Select(picture => (
                    picture.GetProperty("id").GetString()!, picture.GetProperty("name").GetString()!,
                    picture.GetProperty("score").GetDouble())),
        ];
    }
}
