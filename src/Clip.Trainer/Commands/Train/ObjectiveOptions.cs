using System.CommandLine;
using Clip.Trainer.Training;

namespace Clip.Trainer.Commands.Train;

/// <summary>What <c>clip train</c> trains: model and vocabulary.</summary>
internal sealed class ObjectiveOptions
{
    private readonly Option<string> _model = new("--model") { Description = "A config.json, a model folder, or the name of a config that comes with the program.", Required = true };
    private readonly Option<string?> _tokenizer = new("--tokenizer") { Description = "Folder of a CLIP tokenizer; without it a vocabulary is learned from the captions." };
    private readonly Option<int> _vocabSize = new("--vocab-size") { Description = "Entries of a learned vocabulary.", DefaultValueFactory = _ => 8192 };

    public ObjectiveOptions() => CommandLine.RequirePositive(_vocabSize);

    public IEnumerable<Option> All => [_model, _tokenizer, _vocabSize];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        Model = parsed.GetValue(_model)!,
        Tokenizer = parsed.GetValue(_tokenizer),
        VocabSize = parsed.GetValue(_vocabSize),
    };
}
