using System.CommandLine;
using Clip.Cli.Evaluating;
using Clip.Cli.Pretrained;
using Clip.Cli.Running;

namespace Clip.Cli.Commands;

/// <summary><c>clip evaluate</c>: what models are worth on data whose answers are known.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var models = PretrainedModel.Options("--model");
        var (data, options, output) = (new EvaluationDataOptions(), new EvaluationOptions(), new EvaluationOutput());
        var command = new Command("evaluate", "Measures zero-shot accuracy, retrieval and linear probes.")
        {
            models, DataSetList.Option(output.Json),
        };
        foreach (var option in (IEnumerable<Option>)[.. data.All, .. options.All, .. output.All]) command.Options.Add(option);
        command.Subcommands.Add(EvaluateCompareCommand.Create());
        command.SetAction(async (parsed, cancellation) =>
        {
            output.Check(parsed);
            var run = new EvaluationRun(parsed, options, data.Read(parsed));
            run.Check();
            string[] names = [.. parsed.GetValue(models)!.Distinct()];
            using var stop = new StopSignals();
            foreach (var name in names)
            {
                var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
                foreach (var evaluated in run.Of(name, folder, stop.Token)) output.Add(parsed, evaluated, tellModel: names.Length > 1);
            }

            output.End(parsed);
        });
        return command;
    }
}
