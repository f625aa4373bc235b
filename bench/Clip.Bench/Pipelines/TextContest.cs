using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary>Prompts to text features: cut to the longest of a batch, as the library does, or padded to the context's length.</summary>
internal sealed class TextContest : IDisposable
{
    public const string Cut = "`ClipModel.EmbedTexts`, texts";
    public const string Padded = "bare session, tokens padded";

    private readonly string[] _prompts;
    private readonly int _batchSize;
    private readonly ClipModel _model;
    private readonly BareTower _bare;
    private readonly long[] _tokens;

    public TextContest(TowerFiles files, int classes, int batchSize, int threads)
    {
        _batchSize = batchSize;
        _prompts = Prompts.ForClasses(classes);
        _model = files.Open(batchSize, threads);
        _bare = new BareTower(files.TextPath, "input_ids", "text_embeds", threads);
        _tokens = [.. _prompts.SelectMany(Pad)];
    }

    /// <summary>Start and end of text included.</summary>
    public double MeanTokens => _prompts.Average(p => _model.Tokenizer.Encode(p, _model.ContextLength).Length);

    public int Count => _prompts.Length;

    public IEnumerable<Entrant> Entrants() =>
    [
        Entrant.Of(Cut, _prompts.Length, () => _model.EmbedTexts(_prompts, normalize: false)),
        Entrant.Of($"{Padded} to {_model.ContextLength}", _prompts.Length, () => RunPadded()),
    ];

    /// <summary>The largest difference between both ways' features, scaled to length 1.</summary>
    public float LargestDifference() =>
        Features.LargestDifference(_model.EmbedTexts(_prompts), Array.ConvertAll(RunPadded(), Features.Unit));

    public void Dispose()
    {
        _bare.Dispose();
        _model.Dispose();
    }

    private float[][] RunPadded() => _bare.Run(_tokens, [_model.ContextLength], _batchSize);

    private IEnumerable<long> Pad(string prompt)
    {
        var tokens = _model.Tokenizer.Encode(prompt, _model.ContextLength);
        var padding = Enumerable.Repeat(((ClipTokenizer)_model.Tokenizer).EndOfTextId, _model.ContextLength - tokens.Length);
        return tokens.Concat(padding).Select(t => (long)t);
    }
}
