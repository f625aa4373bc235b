using System.Text;
using System.Text.RegularExpressions;
using Clip.Conversion.Tokenizing;
using Clip.Data.Tests.Sources;
using SkiaSharp;

namespace Clip.Cli.Tests.Options;

/// <summary>What the commands of <see cref="OptionRows"/> are given, made once, and what each has done.</summary>
public sealed partial class OptionStage : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, Task<string>> _done = [];
    private int _runs;

    /// <summary>A folder for what is given.</summary>
    internal string Path => _folder.Path;

    public async Task InitializeAsync()
    {
        BpeTrainer.Train(["a photo of a cat and a dog", "red green blue"], 540).Save(_folder["tokenizer"]);
        _folder.Write("tiny.json", TinyRun.Config);
        foreach (var (name, seed) in new[] { ("model", "1"), ("other", "2") })
            await CommandLine.RunAsync([
                "init", "--model", _folder["tiny.json"], "--output", _folder[name], "--tokenizer", _folder["tokenizer"], "--seed", seed]);
        Directory.CreateDirectory(_folder["bare"]);
        File.Copy(_folder["model/model.safetensors"], _folder["bare/model.safetensors"]);

        File.Copy(_folder["model/model.safetensors"], _folder["taken.safetensors"]);
        await CommandLine.RunAsync(
        [
            "train", "--objective", "virtex", "--train-data", Tables(), "--model", _folder["tiny.json"],
            "--tokenizer", _folder["tokenizer"], "--batch-size", "4", "--max-steps", "1", "--output", _folder["captioner"],
        ]);
        Copy(_folder["tokenizer"], _folder["taken"]);

        Draw("large.jpg", 1, side: 400, SKEncodedImageFormat.Jpeg);
        _folder.Write("lines.txt", "one {}\ntwo {}\n");
        _folder.Write("labels.txt", "cat\ndog\ncow\n");
        foreach (var i in Enumerable.Range(0, 24)) Draw($"photos/{(i % 2 == 0 ? "cat" : "dog")}/{i}.png", i);
        await SourcesAsync();
        foreach (var name in new[] { "model", "other" })
            await CommandLine.RunAsync(
                ["evaluate", "--no-cache", "--model", _folder[name], "--data", _folder["photos"], "--output", _folder[$"{name}.json"]]);
        await CommandLine.RunAsync(["index", _folder["pairs/train.tsv"], "--output", _folder["index"], "--model", _folder["model"]]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    /// <summary>What a command line does, which is run once.</summary>
    internal Task<string> OnceAsync(string line)
    {
        if (!_done.TryGetValue(line, out var done)) _done[line] = done = RunAsync(line);
        return done;
    }

    /// <summary>
    /// Runs a command line, in which {x} is the file or folder x of what is given, {out} a new path, {fresh} a copy of the model of its
    /// own, and {pipe} a pipe out of which shards come.
    /// </summary>
    internal async Task<string> RunAsync(string line)
    {
        var output = _folder[$"out{_runs++}"];
        var ending = Ending().Match(line).Value;
        output += ending;
        if (line.Contains("{fresh}", StringComparison.Ordinal)) Copy(_folder["model"], output);
        if (line.Contains("{pipe}", StringComparison.Ordinal)) Pipe($"{output}.tar", line);
        string[] words =
        [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => new StringBuilder(word)
                .Replace("{out}", output).Replace($"{{out{ending}}}", output).Replace("{fresh}", output).Replace("{pipe}", $"{output}.tar")
                .Replace("{", $"{_folder.Path}/").Replace("}", "").ToString()),
        ];
        // torch's generator, from which a training's start is drawn, is the process's: other tests draw from it too.
        if (words is ["experiment", "efficiency", ..])
            return await Observation.ApartAsync(words, _folder.Path, output, new Dictionary<string, string>());
        // Without an assistant on its input, which is closed there, it ends at once.
        if (words[0] == "mcp") return await Observation.ApartAsync(words, _folder.Path, output, new Dictionary<string, string>());
        if (words[0] != "pull") return await Observation.OfAsync(words, _folder.Path, output);
        // Nobody answers there; the pull tests have a hub that does.
        var variables = new Dictionary<string, string> { ["HF_HOME"] = _folder["hub"], ["HF_ENDPOINT"] = "http://hub.invalid" };
        return await Observation.ApartAsync(words, _folder.Path, output, variables);
    }

    [GeneratedRegex(@"(?<=\{out)\.[a-z]+(?=\})")]
    private static partial Regex Ending();

    /// <summary>Tables of a dozen pictures, alike but for how they are laid out.</summary>
    private string Tables()
    {
        var rows = Enumerable.Range(0, 12).Select(i => (string[])[$"../pictures/{i}.png", $"a {Colors[i % 3]} wall {i}", Colors[i % 3]])
            .Prepend(["filepath", "title", "kind"]).ToArray();
        foreach (var i in Enumerable.Range(0, 12)) Draw($"pictures/{i}.png", 100 + i);
        Lay("pairs", rows.Select(row => string.Join('\t', row)), Encoding.UTF8);
        Lay("comma", rows.Select(row => string.Join(',', row)), Encoding.UTF8);
        Lay("quoted", rows.Select(row => string.Join('\t', row.Select(cell => $"\"{cell}\""))), Encoding.UTF8);
        Lay("utf16", rows.Select(row => string.Join('\t', row)), new UnicodeEncoding(bigEndian: false, byteOrderMark: false));
        Lay("twins", rows.Concat(rows.Skip(1).Select(row => (string[])[row[0], "twin", row[2]])).Select(row => string.Join('\t', row)),
            Encoding.UTF8);
        Lay("broken", rows.Select(row => string.Join('\t', row)).Append("../pictures/no.png\tno\tno"), Encoding.UTF8);
        _folder.Write("pictures/no.png", "no picture");
        return _folder["pairs/train.tsv"];

        void Lay(string name, IEnumerable<string> lines, Encoding encoding)
        {
            Directory.CreateDirectory(_folder[name]);
            foreach (var table in new[] { "train.tsv", "val.tsv" })
                File.WriteAllBytes(_folder[$"{name}/{table}"], encoding.GetBytes(string.Join('\n', lines) + "\n"));
            _folder.Write($"{name}/classnames.txt", "red\ngreen\nblue\nblack\nwhite\n");
        }
    }

    private static readonly string[] Colors = ["red", "green", "blue"];

    /// <summary>Shards and Parquet with two of everything.</summary>
    private async Task SourcesAsync()
    {
        var (one, two) = (File.ReadAllBytes(_folder["pictures/0.png"]), File.ReadAllBytes(_folder["pictures/1.png"]));
        Shards.TarOf(
            _folder, "keys.tar",
            [.. Enumerable.Range(0, 3).SelectMany(i => new[]
            {
                ($"{i}.png", one), ($"{i}.json", Encoding.UTF8.GetBytes($$"""{"caption": "the same", "alt": "alt {{i}}"}""")),
            })]);
        Shards.TarOf(
            _folder, "endings.tar",
            [.. Enumerable.Range(0, 3).SelectMany(i => new[]
            {
                ($"{i}.png", one), ($"{i}.more.png", two), ($"{i}.txt", "the same"u8.ToArray()),
                ($"{i}.alt", Encoding.UTF8.GetBytes($"alt {i}")),
            })]);
        await Shards.ParquetAsync(_folder, "rows.parquet", 3);
    }

    private void Pipe(string pipe, string line)
    {
        NamedPipe.Make(pipe);
        if (line.Contains("--shard-pipes", StringComparison.Ordinal))
            _ = Task.Run(() => File.WriteAllBytes(pipe, File.ReadAllBytes(_folder["keys.tar"])));
    }

    /// <summary>A picture of noise, so that even an untrained model tells it from others.</summary>
    private void Draw(string name, int seed, int side = 24, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(side, side);
        for (var i = 0; i < side * side; i++)
            bitmap.SetPixel(i % side, i / side, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)(seed * 9)));
        using var encoded = bitmap.Encode(format, 100);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_folder[name])!);
        File.WriteAllBytes(_folder[name], encoded.ToArray());
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(to, System.IO.Path.GetRelativePath(from, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
