using System.Net.Http.Headers;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Generation;

namespace Clip.EndToEnd.Tests.Packages;

/// <summary>What <c>clip experiment classify</c> generates: built and run outside of the repository, against the packed packages.</summary>
[Collection(PackedLibraries.Name)]
public sealed class GeneratedProjectTests(TrainedModel trained, Consumers consumers)
{
    [Fact]
    public async Task TheConsoleTheWebAndTheNotebookAnswerAsTheModelDoes()
    {
        using var folder = new TempFolder();
        (await ClipProcess.RunAsync(
            "experiment", "classify", "--data", trained.TrainTable, "--label-column", "colour", "--model", trained.Folder,
            "--minutes", "0.1", "--no-views", "--seed", "7", "--web", "--output", folder["my pets"])).Succeeded();
        Assert.Contains("new MLContext(seed: 7)", await File.ReadAllTextAsync(folder["my pets/MyPets.training.cs"]));
        var packages = WriteNotebook(folder);
        var console = XDocument.Load(folder["my pets/MyPets.csproj"]).Descendants("PackageReference")
            .Select(package => $"#r \"nuget: {package.Attribute("Include")!.Value}, {package.Attribute("Version")!.Value}\"");
        Assert.Equal(console, packages);

        var build = (await consumers.BuildAsync(
            folder, "my pets/MyPets.csproj", "my pets/MyPets.Web/MyPets.Web.csproj", "notebook/notebook.csproj")).Succeeded();
        Assert.Contains(build.OutputLines, line => line == "0 Warning(s)");

        await ConsoleAsync(folder);
        await WebAsync(folder);
        using var notebook = ChildProcess.Dotnet(folder["my pets"], [folder["notebook/bin/Debug/net10.0/notebook.dll"]]);
        var printed = (await notebook.FinishAsync()).Succeeded();
        Assert.Contains(printed.OutputLines, line => line.EndsWith("%  red", StringComparison.Ordinal));
        Assert.Contains(printed.OutputLines, line => line.StartsWith("accuracy", StringComparison.Ordinal));
        Assert.True(File.Exists(folder["my pets/retrained.zip"]));
    }

    /// <summary>Whichever candidate wins, its code is as good as it.</summary>
    [Fact]
    public async Task EveryKindOfWinnerIsTrainedAnewByItsCode()
    {
        using var folder = new TempFolder();
        var kinds = Enum.GetValues<CandidateKind>();
        foreach (var kind in kinds)
        {
            var facts = Facts(kind);
            GeneratedFiles.Write(folder[$"{kind}"], facts, web: false);
            foreach (var part in new[] { "consumption", "training", "evaluate" })
            {
                Directory.CreateDirectory(folder["all"]);
                File.Move(folder[$"{kind}/{kind}Pets.{part}.cs"], folder[$"all/{kind}Pets.{part}.cs"]);
            }
        }

        folder.Write("all/Program.cs", "using Microsoft.ML;\nusing Microsoft.ML.Data;\n" + string.Concat(kinds.Select(kind => $$"""
            {
                var ml = new MLContext(0);
                var data = {{kind}}Pets.LoadData(ml, {{kind}}Pets.RetrainFilePath);
                var said = {{kind}}Pets.RetrainModel(ml, data).Transform(data).GetColumn<string>("PredictedLabel");
                Console.WriteLine($"{{kind}} {data.GetColumn<string>("colour").Zip(said).Count(pair => pair.First == pair.Second)}");
            }

            """)));
        folder.Write("all/all.csproj", ProjectFile.Console(Facts(CandidateKind.LightGbm) with
        {
            Packages = PackageVersions.Of(
                ["Microsoft.ML", "Microsoft.ML.Clip", "Microsoft.ML.OnnxRuntime", "Microsoft.ML.LightGbm", "Microsoft.ML.FastTree"]),
        }));
        folder.Write("all/model.zip", "");

        (await consumers.BuildAsync(folder, "all/all.csproj")).Succeeded();
        using var process = ChildProcess.Dotnet(folder.Path, [folder["all/bin/Debug/net10.0/all.dll"]]);
        var right = (await process.FinishAsync()).Succeeded().OutputLines.Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => int.Parse(words[1]));

        Assert.Equal(kinds.Select(kind => kind.ToString()).Order(), right.Keys.Order());
        // 48 pictures of four colors, of which guessing gets a quarter.
        Assert.All(right, pair => Assert.True(pair.Value > 36, $"{pair.Key} has {pair.Value} right"));
    }

    /// <summary>Settings with all that a kind can have: prompts, weights, several parts, views.</summary>
    private GenerationFacts Facts(CandidateKind kind)
    {
        var settings = new CandidateSettings(kind)
        {
            Templates = kind is CandidateKind.ZeroShot or CandidateKind.Prototypes or CandidateKind.Cache
                ? ["a photo of a {} \"thing\".", "{}"]
                : [],
            MeanWeight = kind == CandidateKind.Prototypes ? 0.5f : 0,
            Neighbors = kind == CandidateKind.Neighbors ? 3 : 0,
            CacheWeight = kind == CandidateKind.Cache ? 3 : 0,
            CacheSharpness = kind == CandidateKind.Cache ? 5.5f : 0,
            L2 = kind switch { CandidateKind.LbfgsMaximumEntropy => 0.1f, CandidateKind.SdcaMaximumEntropy => 1e-5f, _ => 0 },
            Standardize = kind == CandidateKind.LbfgsMaximumEntropy,
            Trees = 20,
            Leaves = 4,
            LeastExamples = 2,
            LearningRate = 0.1,
            BalanceClasses = kind != CandidateKind.SdcaMaximumEntropy,
        };
        var usesTexts = kind is CandidateKind.LbfgsMaximumEntropy or CandidateKind.Cache;
        var variant = new FeatureVariant(
            [trained.Folder], kind == CandidateKind.Prototypes ? ClipImageViews.Mirrored : ClipImageViews.Center, true, usesTexts);
        return new GenerationFacts
        {
            Name = $"{kind}Pets",
            Labels = 4,
            Label = new GeneratedColumn("colour", 3),
            Image = new GeneratedColumn("filepath", 0),
            Text = usesTexts ? new GeneratedColumn("title", 1) : null,
            Data = trained.TrainTable,
            Separator = '\t',
            Quotes = true,
            Seed = 1,
            Pipeline = PipelineCode.Body(settings, variant, "colour", "filepath", "title", seed: 1),
            Namespaces = PipelineCode.Namespaces(kind),
            Packages = PackageVersions.Of(["Microsoft.ML"]),
        };
    }

    private async Task ConsoleAsync(TempFolder folder)
    {
        var program = folder["my pets/bin/Debug/net10.0/MyPets.dll"];
        Assert.EndsWith("%  blue", (await RunAsync(trained.Picture("blue", "ring"))).OutputLines[0]);
        await RunAsync("train", folder["again.zip"]);
        Assert.True(File.Exists(folder["again.zip"]));
        var accuracy = (await RunAsync("evaluate", trained.TestTable)).OutputLines[0];
        Assert.Matches(@"^accuracy (9\d|100)\.\d ?%$", accuracy);

        async Task<Outcome> RunAsync(params string[] arguments)
        {
            using var process = ChildProcess.Dotnet(folder.Path, [program, .. arguments]);
            return (await process.FinishAsync()).Succeeded();
        }
    }

    private async Task WebAsync(TempFolder folder)
    {
        using var server = ChildProcess.Dotnet(
            folder["my pets/MyPets.Web"], [folder["my pets/MyPets.Web/bin/Debug/net10.0/MyPets.Web.dll"], "--urls", "http://127.0.0.1:0"]);
        const string listening = "Now listening on: ";
        var line = await server.SeeAsync(line => line.Contains(listening, StringComparison.Ordinal));
        using var client = new HttpClient { BaseAddress = new Uri(line.Split(listening)[1].Trim()) };

        Assert.Equal(["blue", "green", "red", "yellow"], JsonSerializer.Deserialize<string[]>(await client.GetStringAsync("/labels"))!);
        var (status, answer) = await AskAsync(await File.ReadAllBytesAsync(trained.Picture("green", "square")));
        Assert.Equal(200, status);
        using var labels = JsonDocument.Parse(answer);
        Assert.Equal("green", labels.RootElement[0].GetProperty("label").GetString());
        Assert.Equal(4, labels.RootElement.GetArrayLength());
        (status, answer) = await AskAsync("no picture"u8.ToArray());
        Assert.Equal(400, status);
        Assert.Contains("send a JPEG", answer);

        async Task<(int Status, string Text)> AskAsync(byte[] picture)
        {
            using var form = new MultipartFormDataContent();
            var part = new ByteArrayContent(picture);
            part.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            form.Add(part, "image", "picture.png");
            using var response = await client.PostAsync("/predict", form);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>
    /// The notebook's cells as a console project: its types in a file, as scripts may have them before statements and programs may not.
    /// </summary>
    /// <returns>The packages that it asks for.</returns>
    private static string[] WriteNotebook(TempFolder folder)
    {
        using var notebook = JsonDocument.Parse(File.ReadAllText(folder["my pets/MyPets.ipynb"]));
        Assert.Equal(4, notebook.RootElement.GetProperty("nbformat").GetInt32());
        Assert.Equal(".net-csharp", notebook.RootElement.GetProperty("metadata").GetProperty("kernelspec").GetProperty("name").GetString());
        var cells = notebook.RootElement.GetProperty("cells").EnumerateArray()
            .Where(cell => cell.GetProperty("cell_type").GetString() == "code")
            .Select(cell => string.Concat(cell.GetProperty("source").EnumerateArray().Select(line => line.GetString()))).ToArray();
        folder.Write("notebook/Types.cs", cells[1]);
        folder.Write("notebook/Program.cs", "using Microsoft.ML;\n" + string.Join('\n', cells[2..]));
        var project = File.ReadAllText(folder["my pets/MyPets.csproj"]);
        folder.Write("notebook/notebook.csproj", project.Replace("Include=\"model.zip\"", "Include=\"../my pets/model.zip\""));
        return cells[0].Split('\n');
    }
}
