using System.CommandLine;
using Clip.Trainer.Training;

namespace Clip.Trainer.Commands.Train;

/// <summary>Where <c>clip train</c> keeps its results, and how a run goes on.</summary>
internal sealed class RunOptions
{
    private static readonly TrainingOptions Defaults = new();

    private readonly Option<string> _output = new("--output") { Description = "The model folder to write; OUTPUT.run holds checkpoints.", Required = true };
    private readonly Option<long> _seed = new("--seed") { Description = "Decides starting weights, order, crops and captions.", DefaultValueFactory = _ => Defaults.Seed };
    private readonly Option<int> _saveFrequency = new("--save-frequency") { Description = "Epochs between checkpoints.", DefaultValueFactory = _ => Defaults.SaveFrequency };
    private readonly Option<string?> _resume = new("--resume") { Description = "'latest', or a checkpoint file of this run." };

    public RunOptions() => CommandLine.RequirePositive(_saveFrequency);

    public IEnumerable<Option> All => [_output, _seed, _saveFrequency, _resume];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        Output = parsed.GetValue(_output)!,
        Resume = parsed.GetValue(_resume),
        Training = options.Training with { Seed = parsed.GetValue(_seed), SaveFrequency = parsed.GetValue(_saveFrequency) },
    };
}
