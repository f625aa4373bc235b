using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clip.Cli.Tests.Commands;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Clip.Cli.Tests.Serving;

/// <summary><c>clip serve</c> and <c>clip mcp</c> in processes of their own.</summary>
public sealed partial class ServeCommandTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>SIGTERM ends it when what is there has been answered, and ends it well.</summary>
    [SkippableFact]
    public async Task ItServesUntilItIsToldToStop()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        using var process = Start("serve", "--model", _folder.Path, "--port", "0", "--labels", "red", "green", "blue");
        using var client = new HttpClient { BaseAddress = await AddressAsync(process) };
        var info = await client.GetFromJsonAsync<JsonElement>("info");
        Assert.Equal(TinyFolder.Colors, info.GetProperty("labels").Deserialize<string[]>()!);
        using (var response = await client.PostAsJsonAsync("v1/embeddings", new { input = "red" })) response.EnsureSuccessStatusCode();

        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task APortThatIsTakenIsOneSentence()
    {
        using var process = Start("serve", "--model", _folder.Path, "--port", "0");
        var port = (await AddressAsync(process)).Port;
        var (code, _, error) = await Command.RunApartAsync("serve", "--model", _folder.Path, "--port", $"{port}");
        process.Kill();
        Assert.Equal(1, code);
        Assert.Contains("address already in use", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    /// <summary>Where no option has it, for options are seen by other users of the machine.</summary>
    [Fact]
    public async Task TheEnvironmentsKeyIsHeldToTheSameRule()
    {
        var (code, _, error) = await Command.RunWithAsync(
            new Dictionary<string, string> { ["CLIP_API_KEY"] = "short" }, "serve", "--model", _folder.Path, "--port", "0");

        Assert.Equal(1, code);
        Assert.StartsWith("clip: An API key has 16 letters, digits and signs or more", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnIndexOfAnotherModelIsRefused()
    {
        using (var index = ClipImageIndex.Create(_folder["other.index"], "of another", 8)) index.Save();
        var (code, _, error) = await Command.RunApartAsync(
            "serve", "--model", _folder.Path, "--port", "0", "--index", _folder["other.index"]);
        Assert.Equal(1, code);
        Assert.Contains("have nothing in common", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    /// <summary>The SDK's own client, over standard input and output.</summary>
    [Fact]
    public async Task AssistantsSearchOverStandardInput()
    {
        SaveIndex();
        var transport = new StdioClientTransport(new()
        {
            Command = "dotnet",
            Arguments =
            [
                Path.Combine(AppContext.BaseDirectory, "clip.dll"), "mcp", "--model", _folder.Path, "--index", _folder["photos.index"],
            ],
        });
        await using var client = await McpClient.CreateAsync(transport);
        await UseToolsAsync(client);
    }

    /// <summary>The SDK's own client, over HTTP.</summary>
    [Fact]
    public async Task AssistantsSearchOverHttp()
    {
        SaveIndex();
        using var process = Start("serve", "--model", _folder.Path, "--port", "0", "--index", _folder["photos.index"]);
        try
        {
            var address = new Uri(await AddressAsync(process), "mcp");
            await using var client = await McpClient.CreateAsync(new HttpClientTransport(new() { Endpoint = address }));
            await UseToolsAsync(client);
        }
        finally
        {
            process.Kill();
        }
    }

    private async Task UseToolsAsync(McpClient client)
    {
        var tools = await client.ListToolsAsync();
        Assert.Equal(["classify_image", "search_images", "similar_images"], tools.Select(t => t.Name).Order(StringComparer.Ordinal));

        var found = await CallAsync(client, "search_images", new() { ["query"] = "green", ["top"] = 3 });
        var pictures = found.GetProperty("pictures").EnumerateArray().ToArray();
        Assert.Equal(3, pictures.Length);
        Assert.All(pictures, picture => Assert.EndsWith("-green.png", picture.GetProperty("name").GetString(), StringComparison.Ordinal));
        Assert.DoesNotContain(_folder.Path, found.GetRawText(), StringComparison.Ordinal);

        var id = pictures[0].GetProperty("id").GetString();
        var similar = await CallAsync(client, "similar_images", new() { ["id"] = id, ["top"] = 2 });
        Assert.All(
            similar.GetProperty("pictures").EnumerateArray(),
            picture => Assert.EndsWith("-green.png", picture.GetProperty("name").GetString(), StringComparison.Ordinal));

        var named = await CallAsync(client, "classify_image", new() { ["id"] = id, ["labels"] = TinyFolder.Colors });
        Assert.Equal("green", named.GetProperty("labels")[0].GetProperty("label").GetString());

        var refused = await client.CallToolAsync("similar_images", new Dictionary<string, object?> { ["id"] = "/etc/passwd" });
        Assert.True(refused.IsError);
        Assert.Contains("no picture of that id", Assert.IsType<TextContentBlock>(refused.Content[0]).Text, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments);
        Assert.False(result.IsError is true, string.Join(' ', result.Content.OfType<TextContentBlock>().Select(text => text.Text)));
        return Assert.IsType<JsonElement>(result.StructuredContent);
    }

    private void SaveIndex()
    {
        using var model = ClipModel.Open(_folder.Path);
        using var index = ClipImageIndex.Create(_folder["photos.index"], model);
        foreach (var file in _folder.Pictures(9)) index.Add(new ClipIndexEntry(file) { Path = file }, model.EmbedImage(file));
        index.Save();
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "clip.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
        })!;

    /// <summary>Where it says that it serves.</summary>
    private static async Task<Uri> AddressAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return new Uri(Address().Match(line ?? "").Value);
    }

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex Address();
}
