using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Generation;
using Microsoft.ML.Data;

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

    [Fact]
    public async Task WebProjectsTakeTextsAloneAndWithPictures()
    {
        using var folder = new TempFolder();
        var lines = (await File.ReadAllLinesAsync(trained.TrainTable)).Select(line => string.Join('\t', line.Split('\t')[1..]));
        (await ClipProcess.RunAsync(
            "experiment", "classify", "--data", folder.Write("words.tsv", string.Join('\n', lines)), "--label-column", "colour",
            "--text-column", "title", "--model", trained.Folder, "--minutes", "0.05", "--web", "--output", folder["words"])).Succeeded();
        // Of both it must compile, whatever the model is.
        GeneratedFiles.Write(folder["both"], Facts(CandidateKind.Cache), web: true);
        folder.Write("both/model.zip", "");
        (await consumers.BuildAsync(folder, "words/Words.Web/Words.Web.csproj", "both/CachePets.Web/CachePets.Web.csproj")).Succeeded();

        using var server = ChildProcess.Dotnet(
            folder["words/Words.Web"], [folder["words/Words.Web/bin/Debug/net10.0/Words.Web.dll"], "--urls", "http://127.0.0.1:0"]);
        using var client = await ListeningAsync(server);
        using var question = new StringContent("{\"text\": \"a green square\"}", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/predict", question);
        using var labels = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("green", labels.RootElement[0].GetProperty("label").GetString());
        Assert.Equal(4, labels.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task TheLabelForAllOthersIsTrainedAnewToo()
    {
        using var folder = new TempFolder();
        var lines = await File.ReadAllLinesAsync(trained.TrainTable);
        var all = lines.Skip(1).Select(line => (Path: Path.Combine(Path.GetDirectoryName(trained.TrainTable)!, line.Split('\t')[0]),
            After: line.Split('\t', 2)[1], IsKnown: line.Split('\t')[3] != "blue")).ToArray();
        string[] others = [.. all.Where(row => !row.IsKnown).Select(row => row.Path)];
        var table = folder.Write("table.tsv", string.Join(
            '\n', all.Where(row => row.IsKnown).Select(row => $"{row.Path}\t{row.After}").Prepend(lines[0])));
        (await ClipProcess.RunAsync(
        [
            "experiment", "classify", "--data", table, "--label-column", "colour", "--model", trained.Folder, "--minutes", "0.1",
            "--no-views", "--output", folder["pets"], "--none-class", "something \"else\"", "--unlabelled", .. others,
        ])).Succeeded();
        var chosen = await File.ReadAllLinesAsync(folder["pets/none.txt"]);
        Assert.NotEmpty(chosen);
        Assert.All(chosen, path => Assert.Contains(path, others));

        (await consumers.BuildAsync(folder, "pets/Pets.csproj")).Succeeded();
        using var training = ChildProcess.Dotnet(folder.Path, [folder["pets/bin/Debug/net10.0/Pets.dll"], "train", folder["again.zip"]]);
        (await training.FinishAsync()).Succeeded();

        var ml = new MLContext();
        var model = ml.Model.Load(folder["again.zip"], out _);
        var rows = ml.Data.LoadFromEnumerable(others.Select(path => new Row { Path = path }));
        // What is trained reads labels too, whatever they are.
        var columns = ml.Transforms.CopyColumns("filepath", "Path").Append(ml.Transforms.CopyColumns("colour", "Path")).Fit(rows);
        var said = model.Transform(columns.Transform(rows));
        Assert.Contains("something \"else\"", said.GetColumn<string>("PredictedLabel"));
        (model as IDisposable)?.Dispose();
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
        var settings = Settings(kind);
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
            Namespaces = PipelineCode.Namespaces(settings),
            Packages = PackageVersions.Of(["Microsoft.ML"]),
        };
    }

    private static CandidateSettings Settings(CandidateKind kind) => new(kind)
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
        // All that there are, one after another, each with features of its own making.
        Members = kind == CandidateKind.Average ? [.. Enum.GetValues<CandidateKind>()[..^1].Select(Settings)] : [],
    };

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
        using var client = await ListeningAsync(server);

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

    private static async Task<HttpClient> ListeningAsync(ChildProcess server)
    {
        const string listening = "Now listening on: ";
        var line = await server.SeeAsync(line => line.Contains(listening, StringComparison.Ordinal));
        return new HttpClient { BaseAddress = new Uri(line.Split(listening)[1].Trim()) };
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";
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
