using System.Text.Json;
using Parquet;

namespace Clip.EndToEnd.Tests;

/// <summary><c>clip embed</c> gives every picture one embedding, however often it was ended and on however many ranks.</summary>
[Collection(SharedModel.Name)]
public sealed class EmbedTests(TrainedModel trained) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task AfterThreeKillsEachPictureIsEmbeddedOnce()
    {
        Mpirun.Require();
        (await ClipProcess.RunAsync(Embed("one"))).Succeeded();
        var random = new Random(1);
        for (var kills = 0; kills < 3; kills++)
        {
            using var job = RankProcess.Start(_folder.Path, Embed("two"));
            var before = Files("two").Length;
            var ended = job.FinishAsync();
            while (Files("two").Length <= before && !ended.IsCompleted) await Task.Delay(5);
            RankProcess.Kill(random.Next(2), _folder["two"]);
            await ended;
        }

        using (var job = RankProcess.Start(_folder.Path, Embed("two"))) (await job.FinishAsync()).Succeeded();
        var (one, two) = (await ReadAsync("one"), await ReadAsync("two"));
        Assert.Equal(48, one.Count);
        Assert.Equal(one.Select(row => row.Id).Order(), two.Select(row => row.Id).Order());
        foreach (var (a, b) in one.OrderBy(row => row.Id).Zip(two.OrderBy(row => row.Id)))
            Assert.All(a.Embedding.Zip(b.Embedding), value => Assert.Equal(value.First, value.Second, 1e-5));
    }

    [Fact]
    public async Task WhatIsFinishedIsNotDoneAgain()
    {
        (await ClipProcess.RunAsync(Embed("out"))).Succeeded();
        File.Delete(Files("out")[1]);
        var again = (await ClipProcess.RunAsync(Embed("out"))).Succeeded();
        Assert.Contains("2 images embedded", again.Output, StringComparison.Ordinal);
        Assert.Contains("(1 of 24 files)", again.Output, StringComparison.Ordinal);

        var other = await ClipProcess.RunAsync([.. Embed("out"), "--no-normalize"]);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("holds embeddings of something else (Normalize True and False)", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PicturesOfAFolderAndLinesOfAFileBecomeMatricesForClipRetrieval()
    {
        var texts = _folder.Write("texts.txt", "a red square\n\na blue ring\n");
        var pictures = Path.Combine(Path.GetDirectoryName(trained.TestTable)!, "test");
        File.WriteAllText(_folder["broken.png"], "no picture");
        File.Copy(Directory.GetFiles(pictures).Order(StringComparer.Ordinal).First(), _folder["good.png"]);
        var run = (await ClipProcess.RunAsync(
            "embed", "--model", trained.Folder, "--images", _folder.Path, "--texts", texts, "--output", _folder["npy"],
            "--format", "npy", "--max-bad", "50")).Succeeded();
        Assert.Contains("broken.png", Assert.Single(run.OutputLines, line => line.StartsWith("Skipped", StringComparison.Ordinal)));

        var (rows, width, values) = Npy(_folder["npy/img_emb/img_emb_000000.npy"]);
        Assert.Equal((1, 32, 32), (rows, width, values.Length));
        Assert.Equal(1, values.Sum(v => v * v), 1e-5);
        Assert.Equal((2, 32), (Npy(_folder["npy/text_emb/text_emb_000000.npy"]).Rows, width));
        Assert.Equal(
            [_folder["good.png"]], (await ColumnsAsync(_folder["npy/metadata/metadata_000000.parquet"]))["image_path"].Cast<string>());
        Assert.Equal(
            ["a red square", "a blue ring"],
            (await ColumnsAsync(_folder["npy/text_metadata/metadata_000000.parquet"]))["caption"].Cast<string>());
    }

    [SkippableFact]
    public async Task ArrowAndDuckDbReadTheFiles()
    {
        NodeScript.SkipWithout("parquet-wasm", "apache-arrow", "@duckdb/node-api");
        (await ClipProcess.RunAsync([.. Embed("out"), "--texts", trained.TrainTable])).Succeeded();
        var (images, texts) = (Files("out")[3], Files("out")[3].Replace("images_", "texts_", StringComparison.Ordinal));

        var read = (await NodeScript.RunAsync("Ranks/parquet.cjs", _folder.Path, images, texts))
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();

        Assert.Equal(["id Utf8", "embedding List<Float32>"], Columns(read[0]));
        Assert.Equal(["id VARCHAR", "embedding FLOAT[]"], Columns(read[1]));
        Assert.Equal(["id Utf8", "embedding List<Float32>", "text Utf8"], Columns(read[2]));
        Assert.Equal(["id VARCHAR", "embedding FLOAT[]", "text VARCHAR"], Columns(read[3]));
        var ours = (await ReadAsync("out")).Skip(3 * 2).Take(2).ToArray();
        foreach (var rows in read.Take(2).Select(reader => reader.GetProperty("rows")))
        {
            Assert.Equal(ours.Select(row => row.Id), rows.EnumerateArray().Select(row => row[0].GetString()));
            Assert.Equal(ours.Select(row => row.Embedding), rows.EnumerateArray().Select(row => row[1].Deserialize<float[]>()!));
        }

        Assert.Equal(read[2].GetProperty("rows").GetRawText(), read[3].GetProperty("rows").GetRawText());
        Assert.All(read[2].GetProperty("rows").EnumerateArray(), row => Assert.Contains(row[2].GetString()!, Captions()));

        static string[] Columns(JsonElement reader) => reader.GetProperty("columns").Deserialize<string[]>()!;

        string[] Captions() => [.. File.ReadLines(trained.TrainTable).Select(line => line.Split('\t')[1])];
    }

    [SkippableFact]
    public async Task NeitherLibtorchNorMpiIsLoaded()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "glibc tells which files it loads, other systems do not");
        using var process = ChildProcess.Dotnet(
            _folder.Path, ClipProcess.Arguments(Embed("out")),
            new Dictionary<string, string> { ["LD_DEBUG"] = "files", ["LD_DEBUG_OUTPUT"] = _folder["loaded"] });
        (await process.FinishAsync()).Succeeded();
        var loaded = string.Concat(Directory.GetFiles(_folder.Path, "loaded.*").Select(File.ReadAllText));
        Assert.Contains("onnxruntime", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("torch", loaded, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("libmpi", loaded, StringComparison.Ordinal);
    }

    private string[] Embed(string output) =>
    [
        "embed", "--model", trained.Folder, "--images", trained.TrainTable, "--output", _folder[output], "--records-per-file", "2",
    ];

    private string[] Files(string output) => Directory.Exists(_folder[output])
        ? [.. Directory.GetFiles(_folder[output], "images_*.parquet").Order(StringComparer.Ordinal)]
        : [];

    private async Task<List<(string Id, float[] Embedding)>> ReadAsync(string output)
    {
        var rows = new List<(string, float[])>();
        foreach (var file in Files(output))
        {
            var columns = await ColumnsAsync(file);
            var embeddings = columns["element"].Cast<float>().Chunk(32);
            rows.AddRange(columns["id"].Cast<string>().Zip(embeddings));
        }

        return rows;
    }

    private static async Task<Dictionary<string, List<object?>>> ColumnsAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        var columns = new Dictionary<string, List<object?>>();
        await using var reader = await ParquetReader.CreateAsync(stream);
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            foreach (var field in reader.Schema.DataFields)
            {
                var values = new List<object?>();
                if (field.ClrType == typeof(float))
                {
                    var floats = new float[group.RowCount * 32];
                    await group.ReadRawAsync<float>(field, floats, new int[floats.Length], new int[floats.Length]);
                    values.AddRange(floats.Cast<object?>());
                }
                else
                {
                    var texts = new string[group.RowCount];
                    await group.ReadAsync(field, texts);
                    values.AddRange(texts);
                }

                columns.TryAdd(field.Name, []);
                columns[field.Name].AddRange(values);
            }
        }

        return columns;
    }

    private static (int Rows, int Width, float[] Values) Npy(string file)
    {
        var bytes = File.ReadAllBytes(file);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        var header = System.Text.Encoding.ASCII.GetString(bytes, 10, 118);
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (", header, StringComparison.Ordinal);
        var shape = header.Split('(', ')')[1].Split(", ").Select(int.Parse).ToArray();
        var values = new float[(bytes.Length - 128) / 4];
        Buffer.BlockCopy(bytes, 128, values, 0, bytes.Length - 128);
        return (shape[0], shape[1], values);
    }
}
