using Clip.Conversion.Checkpoints;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>Writes what an experiment generates into its folder, beside <c>model.zip</c>.</summary>
internal static class GeneratedFiles
{
    /// <summary>The console project's files, a notebook, and the web project where it is wanted.</summary>
    /// <param name="folder">The experiment's.</param>
    /// <param name="facts">What they are made from.</param>
    /// <param name="web">Whether a web project is made too.</param>
    /// <returns>The files that were written. A <c>Program.cs</c> that is there already is its owner's, and left alone.</returns>
    public static IReadOnlyList<string> Write(string folder, GenerationFacts facts, bool web)
    {
        var written = new List<string>();
        Write($"{facts.Name}.consumption.cs", ConsumptionFile.Of(facts));
        Write($"{facts.Name}.training.cs", TrainingFile.Of(facts));
        Write($"{facts.Name}.evaluate.cs", EvaluateFile.Of(facts));
        Write($"{facts.Name}.csproj", ProjectFile.Console(facts));
        WriteOnce("Program.cs", ConsoleProgram.Of(facts));
        Write($"{facts.Name}.ipynb", Notebook.Of(facts));
        if (!web) return written;
        Write($"{facts.Name}.Web/{facts.Name}.Web.csproj", ProjectFile.Web(facts));
        WriteOnce($"{facts.Name}.Web/Program.cs", WebProgram.Of(facts));
        return written;

        void WriteOnce(string name, string text)
        {
            if (!File.Exists(Path.Combine(folder, name))) Write(name, text);
        }

        void Write(string name, string text)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.WriteText(path, text.ReplaceLineEndings("\n"));
            written.Add(path);
        }
    }
}
