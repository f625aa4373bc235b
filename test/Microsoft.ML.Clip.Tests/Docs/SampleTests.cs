using System.Text.Json;
using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>The samples run on what the pages take for granted. The F# script is run by the end-to-end tests.</summary>
[Collection(nameof(DocsSnippetTests))]
public sealed class SampleTests : IDisposable
{
    private readonly DocsStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void TheConsoleNamesEveryPicture()
    {
        var lines = Program("samples/ZeroShot/Program.cs").Run("red", "blue").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(24, lines.Length);
        Assert.Equal(12, lines.Count(line => line.Contains("cat", StringComparison.Ordinal) && line.Contains(": red (")));
        Assert.Equal(12, lines.Count(line => line.Contains("dog", StringComparison.Ordinal) && line.Contains(": blue (")));
    }

    [Fact]
    public void TheServiceCompiles() => Program("samples/SearchService/Program.cs").Compile();

    [Fact]
    public void TheNotebooksCellsPrintACosineForEveryPictureAndText()
    {
        using var notebook = JsonDocument.Parse(File.ReadAllText(Path.Combine(DocsPages.Root, "samples/Embeddings.ipynb")));
        var cells = notebook.RootElement.GetProperty("cells").EnumerateArray()
            .Where(cell => cell.GetProperty("cell_type").GetString() == "code")
            .Select(cell => string.Concat(cell.GetProperty("source").EnumerateArray().Select(line => line.GetString())))
            .Where(cell => !cell.StartsWith("#r", StringComparison.Ordinal));
        var printed = new DocsProgram([.. cells.Select(cell => new DocsBlock("samples/Embeddings.ipynb", 1, cell))]).Run();
        Assert.Equal(25, printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Matches(@"photos/cat/0\.jpg: -?[0-9.]+  -?[0-9.]+", printed.Replace('\\', '/'));
    }

    /// <summary>It is no sample, and has no project; what it draws is the first thing that a reader sees.</summary>
    [Fact]
    public void TheProgramOfTheReadmesPictureCompiles() => Program("build/quickstart-picture.cs").Compile();

    /// <summary>The program in a file, whose directives for <c>dotnet run</c> become blank lines.</summary>
    private static DocsProgram Program(string file) => new([new DocsBlock(file, 1, string.Join('\n', File
        .ReadLines(Path.Combine(DocsPages.Root, file))
        .Select(line => line.StartsWith("#:", StringComparison.Ordinal) ? "" : line)))]);
}
