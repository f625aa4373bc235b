using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Experiments.Tests;

/// <summary>A tiny model that knows colors, pictures of these, and what experiments are made of them.</summary>
public sealed class Colors : IDisposable
{
    private readonly TinyFolder _model = new();
    private readonly TempFolder _folder = new();

    public string Model => _model.Path;

    public string this[string file] => _folder[file];

    /// <summary>Pictures of the colors in turn.</summary>
    public Picture[] Pictures(int count, int colors = 3) =>
    [
        .. _model.Pictures(3 * count).Where((_, i) => i % 3 < colors).Take(count)
            .Select(path => new Picture { Path = path, Color = Path.GetFileNameWithoutExtension(path).Split('-')[1] }),
    ];

    /// <summary>Settings of an experiment that tries what takes no fit; tests that are about what is fitted try that.</summary>
    public ClipExperimentOptions Options => new()
    {
        Kinds = [CandidateKind.ZeroShot, CandidateKind.Prototypes, CandidateKind.Neighbors, CandidateKind.Average],
        ModelFolders = [Model],
        TimeLimit = TimeSpan.FromMinutes(2),
        CacheFolder = _folder["cache"],
        TryViews = false,
    };

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }
}

/// <summary>A row of data.</summary>
public sealed class Picture
{
    public string Path { get; set; } = "";

    public string Color { get; set; } = "";

    public string Scene { get; set; } = "";

    public string Caption { get; set; } = "";
}
