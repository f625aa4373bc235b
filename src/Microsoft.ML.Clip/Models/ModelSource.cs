using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Models;

/// <summary>The model that an estimator works with: a folder, opened at each fit, or an opened model of the user's, borrowed.</summary>
internal sealed class ModelSource
{
    private readonly string? _folder;
    private readonly ClipModel? _model;
    private readonly ClipModelOptions _options;

    public ModelSource(IHostEnvironment environment, string? folder, ClipModel? model, ClipModelOptions? options)
    {
        if (folder is null && model is null)
            throw new ArgumentException("There is no model: give a model folder or an opened ClipModel.", nameof(folder));
        if (folder is not null && model is not null)
            throw new ArgumentException("There are a model folder and an opened ClipModel: give one of them.", nameof(model));
        _folder = folder;
        _model = model;
        options ??= new ClipModelOptions();
        SessionOptions = model?.SessionOptions ?? options.Session;
        _options = options with { Session = MlNet.Resolve(environment, options.Session) };

        // Looks at the folder now: a wrong one is better told where the pipeline is written than where it is fitted.
        if (folder is not null) ClipModel.Open(folder, _options).Dispose();
    }

    /// <summary>The user's settings, to be saved: which GPU there is will be the loading context's matter.</summary>
    public ClipSessionOptions SessionOptions { get; }

    public Opened Open() => _model is not null
        ? new Opened(_model, isOwned: false)
        : new Opened(ClipModel.Open(_folder!, _options), isOwned: true);

    /// <summary>An open model for the time of a fit, and the towers that outlive it.</summary>
    internal readonly struct Opened(ClipModel model, bool isOwned) : IDisposable
    {
        public ClipModel Model => model;

        public TowerHold<ImageTower> HoldImageTower() => new(isOwned ? model.ImageTower.Share() : model.ImageTower, isOwned);

        public TowerHold<TextTower> HoldTextTower() => new(isOwned ? model.TextTower.Share() : model.TextTower, isOwned);

        public void Dispose()
        {
            if (isOwned) model.Dispose();
        }
    }
}
