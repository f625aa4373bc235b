using static Microsoft.ML.Clip.Experiments.Generation.Identifier;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>The console project's <c>Program.cs</c>: asks, trains or evaluates.</summary>
internal static class ConsoleProgram
{
    public static string Of(GenerationFacts facts)
    {
        var inputs = facts.Inputs.ToArray();
        var arguments = string.Join(", ", inputs.Select((column, i) => $"{column.Property} = args[{i}]"));
        var names = string.Join(" ", inputs.Select(column => $"<{column.Name}>"));
        var usage = $"Give {names} to ask, train <model.zip> to train anew, or evaluate <data> to measure.";
        return $$"""
            // Made by an experiment. Change it as you like: the next experiment leaves a Program.cs that is here alone.
            if (args is ["train", var output]) {{facts.Name}}.Train(output);
            else if (args is ["evaluate", var data]) Console.WriteLine($"accuracy {{{facts.Name}}.Evaluate(data).MicroAccuracy:P1}");
            else if (args.Length == {{inputs.Length}})
            {
                foreach (var (label, score) in {{facts.Name}}.PredictAllLabels(new() { {{arguments}} }).Take(5))
                    Console.WriteLine($"{score,7:P1}  {label}");
            }
            else
            {
                Console.Error.WriteLine({{Literal(usage)}});
                return 1;
            }

            return 0;

            """;
    }
}
