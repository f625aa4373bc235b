using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Searching;
using Clip.Cli.Serving;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary>The options of <c>clip serve</c>.</summary>
internal sealed class ServeOptions
{
    private static readonly ClipServerOptions Standard = new();
    private readonly Option<string> _model = PretrainedModel.Option("--model", ClipHub.DefaultModel);

    private readonly Option<string?> _index = new("--index")
    {
        Description = "An index of pictures that 'clip index' wrote with the same model, to search in.",
    };

    private readonly Option<string[]> _labels = new("--labels")
    {
        Description = "Labels that the page begins with, and /classify takes without any: words, or a text file with one per line.",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _templates = new("--templates")
    {
        Description = "Prompts with {} or {c} for the label, or a text file with one per line; 'a photo of a {}.' without it.",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _listen = new("--listen")
    {
        Description = "The address to listen at; 0.0.0.0 lets other machines ask, and needs --api-key.",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<int> _port = new("--port")
    {
        Description = "The port to listen at; 0 takes one that is free.",
        DefaultValueFactory = _ => 8080,
    };

    private readonly Option<string?> _key = new("--api-key")
    {
        Description = "What every request has to bring as 'Authorization: Bearer KEY'; CLIP_API_KEY of the environment without it, "
            + "which other users of the machine do not see.",
    };

    private readonly Option<int> _batch = new("--max-batch")
    {
        Description = "The most pictures or texts, of any number of requests, that run together; 1 is no batching.",
        DefaultValueFactory = _ => Standard.MaxBatchSize,
    };

    private readonly Option<double> _delay = new("--batch-delay")
    {
        Description = "Milliseconds that a run waits for other requests to join it, while there are any.",
        DefaultValueFactory = _ => Standard.BatchDelay.TotalMilliseconds,
    };

    private readonly Option<int> _queue = new("--queue")
    {
        Description = "The most pictures, and the most texts, that wait at a time; a request beyond is answered 503.",
        DefaultValueFactory = _ => Standard.QueueLimit,
    };

    private readonly CacheGraphOption _cache = new();

    public ServeOptions() => _model.Description += " Without it, the one that the index was made with.";

    public IEnumerable<Option> All => [_model, _index, _labels, _templates, _listen, _port, _key, _batch, _delay, _queue, _cache.Option];

    /// <summary>What a server does; its folder is still the model's name.</summary>
    public ServeSettings Parse(ParseResult parsed)
    {
        var apiKey = ServeSettings.ParseKey(parsed.GetValue(_key));
        var address = ServeSettings.ParseAddress(parsed.GetValue(_listen)!, apiKey);
        var (labels, templates) = ClassifyWords.ReadLabels(parsed.GetValue(_labels) ?? [], parsed.GetValue(_templates) ?? []);
        // Without a model given, the one that the index was made with.
        var name = SearchedModel.Name(parsed, _model, () => parsed.GetValue(_index) is { } path ? SearchedModel.Of(path) : null);
        return new ServeSettings(name, PretrainedModel.NameOf(name), address, parsed.GetValue(_port))
        {
            ApiKey = apiKey,
            Configure = options =>
            {
                options.Model = _cache.ParseModel(parsed);
                options.IndexPath = parsed.GetValue(_index);
                options.Labels = labels;
                options.Templates = templates ?? options.Templates;
                options.MaxBatchSize = parsed.GetValue(_batch);
                options.BatchDelay = TimeSpan.FromMilliseconds(parsed.GetValue(_delay));
                options.QueueLimit = parsed.GetValue(_queue);
            },
        };
    }
}
