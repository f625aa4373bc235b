using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Training;
using Clip.Data.Embedding;
using Clip.Data.Sources;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary>The options of <c>clip embed</c>.</summary>
internal sealed class EmbedOptions
{
    private readonly Option<string> _model = PretrainedModel.Option("--model", ClipHub.DefaultModel);

    private readonly Option<string?> _images = new("--images")
    {
        Description = "Pictures: WebDataset shards, a table, Parquet files or a folder; several are joined by ::.",
    };

    private readonly Option<string?> _texts = new("--texts")
    {
        Description = "Texts: a .txt file with one on each line, or a source as --images takes, whose captions are embedded.",
    };

    private readonly Option<string> _output = new("--output") { Description = "The folder of the embeddings.", Required = true };

    private readonly Option<string> _format = new("--format")
    {
        Description = "parquet: id and embedding; or npy: clip-retrieval's matrices, with their rows' ids in Parquet files beside.",
        DefaultValueFactory = _ => "parquet",
    };

    private readonly Option<int> _shard = new("--records-per-file")
    {
        Description = "Records of each file; what is finished is not done again.",
        DefaultValueFactory = _ => new EmbeddingOptions("").ShardSize,
    };

    private readonly Option<int> _batch = new("--batch-size")
    {
        Description = "Pictures or texts that the model takes at once.",
        DefaultValueFactory = _ => new EmbeddingOptions("").BatchSize,
    };

    private readonly Option<bool> _raw = new("--no-normalize")
    {
        Description = "Leaves embeddings at the length that the model gives them.",
    };

    private readonly DecodeOption _decode = new();
    private readonly CacheGraphOption _cache = new();
    private readonly LoadingOptions _loading = new();
    private readonly SourceOptions _layout = new();

    public EmbedOptions() => _format.AcceptOnlyFromAmong("parquet", "npy");

    public IEnumerable<Option> All =>
        [_images, _texts, _model, _output, _format, _shard, _batch, _raw, _decode.Option, _cache.Option, .. _layout.All, .. _loading.All];

    public string Model(ParseResult parsed) => parsed.GetValue(_model)!;

    public string? Images(ParseResult parsed) => parsed.GetValue(_images);

    public string? Texts(ParseResult parsed) => parsed.GetValue(_texts);

    public RecordSourceOptions Layout(ParseResult parsed) => _layout.Parse(parsed);

    public ClipSessionOptions Session(ParseResult parsed) => _cache.Parse(parsed);

    public EmbeddingOptions Parse(ParseResult parsed) => new(parsed.GetValue(_output)!)
    {
        Format = Enum.Parse<EmbeddingFormat>(parsed.GetValue(_format)!, ignoreCase: true),
        ShardSize = parsed.GetValue(_shard),
        BatchSize = parsed.GetValue(_batch),
        Normalize = !parsed.GetValue(_raw),
        Decode = _decode.Parse(parsed),
        Reading = _loading.Parse(parsed),
    };
}
