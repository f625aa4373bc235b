using System.Text.RegularExpressions;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Pages.Tests.Serve;

/// <summary><c>clip serve</c> of a CLIP that knows three colors, with an index of thirty pictures.</summary>
public sealed partial class ServedPage : IAsyncLifetime, IDisposable
{
    private readonly TinyFolder _folder = new();
    private ChildProcess _process = null!;

    /// <summary>The page's address.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Pictures of the three colors in turn.</summary>
    public string[] Pictures { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Pictures = _folder.Pictures(30);
        using (var model = ClipModel.Open(_folder.Path))
        using (var index = ClipImageIndex.Create(_folder["photos.index"], model))
        {
            foreach (var file in Pictures) index.Add(new ClipIndexEntry(file) { Path = file }, model.EmbedImage(file));
            index.Save();
        }

        (_process, Address) = await StartAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _process.Dispose();
        _folder.Dispose();
    }

    /// <summary>Another server of the same, with more options.</summary>
    internal async Task<(ChildProcess Process, Uri Address)> StartAsync(params string[] options)
    {
        var process = ClipProcess.Start(
            _folder.Path,
            [
                "serve", "--model", _folder.Path, "--index", _folder["photos.index"], "--port", "0",
                "--labels", "red", "green", "blue", .. options,
            ]);
        var line = await process.SeeAsync(line => line.Contains("http://", StringComparison.Ordinal));
        return (process, new Uri(Http().Match(line).Value));
    }

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex Http();
}
