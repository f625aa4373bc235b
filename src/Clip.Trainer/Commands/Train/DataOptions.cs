using System.CommandLine;
using Clip.Trainer.Training;

namespace Clip.Trainer.Commands.Train;

/// <summary>What <c>clip train</c> trains on.</summary>
internal sealed class DataOptions
{
    private readonly Option<string> _trainData = new("--train-data") { Description = "Table of image paths and captions to train on.", Required = true };
    private readonly Option<string?> _valData = new("--val-data") { Description = "Table to validate on after each epoch." };
    private readonly TableOptions _table = new();

    public IEnumerable<Option> All => [_trainData, _valData, _table.Separator, _table.ImageKey, _table.CaptionKeys];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        TrainData = parsed.GetValue(_trainData)!,
        ValidationData = parsed.GetValue(_valData),
        Table = _table.Parse(parsed),
    };
}
