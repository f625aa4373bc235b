using System.CommandLine;
using System.Globalization;
using Clip.Cli.Evaluating;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Cli.Commands;

/// <summary><c>clip evaluate compare</c>: whether one model is better than another, or only luckier.</summary>
internal static class EvaluateCompareCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("first") { Description = "A file that clip evaluate --output wrote." };
        var second = new Argument<string>("second") { Description = "Another, of the same data." };
        var seed = EvaluationOptions.SeedOption();
        var command = new Command(
            "compare", "Tells whether the differences of two models on the same pictures are real, by a paired bootstrap.")
        {
            first, second, seed,
        };
        command.SetAction(parsed =>
        {
            var bootstrap = new Bootstrap(seed: parsed.GetValue(seed));
            var compared = Comparison.Of(ResultFile.Read(parsed.GetValue(first)!), ResultFile.Read(parsed.GetValue(second)!), bootstrap);
            foreach (var subject in compared.GroupBy(comparison => comparison.First.Subject))
            {
                var (a, b) = (subject.First().First, subject.First().Second);
                var shots = a.FewShot > 0 ? $", {a.FewShot}-shot" : "";
                Console.WriteLine($"{a.Dataset}, {a.Task}{shots}: {b.Model} against {a.Model}");
                foreach (var comparison in subject) Console.WriteLine(Line(comparison));
            }
        });
        return command;
    }

    private static string Line(Comparison c)
    {
        var (difference, interval) = (c.Difference.Difference, c.Difference.Interval);
        var verdict = !c.Difference.IsReal ? "may be chance" : difference > 0 ? "the second is better" : "the first is better";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"    {c.Metric}: {100 * c.FirstValue:F1} % and {100 * c.SecondValue:F1} %, {100 * difference:+0.0;-0.0;0.0} points "
            + $"(95 %: {100 * interval.Low:+0.0;-0.0;0.0} to {100 * interval.High:+0.0;-0.0;0.0}, "
            + $"p {c.Difference.PValue:0.000}): {verdict}");
    }
}
