namespace Clip.Pages.Tests.Reports;

/// <summary>A model folder with the weights that training begins with, and painted pictures for it.</summary>
internal static class DrawnModel
{
    private const string Config =
        """
        {"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
         "text_cfg": {"context_length": 16, "vocab_size": 560, "width": 32, "heads": 2, "layers": 1}}
        """;

    /// <summary>Makes the model; its folder.</summary>
    public static async Task<string> MakeAsync(TempFolder folder)
    {
        var captions = folder.Write("captions.txt", string.Concat(Painted.Labels.Select(label => $"a drawing of a {label}\n")));
        var config = folder.Write("tiny.json", Config);
        await RunAsync("tokenizer", "train", "--train-data", captions, "--vocab-size", "560", "--output", "words");
        await RunAsync("init", "--model", config, "--tokenizer", "words", "--output", "tiny-clip");
        return folder["tiny-clip"];

        async Task RunAsync(params string[] arguments) => (await ClipProcess.RunInAsync(folder.Path, arguments)).Succeeded();
    }

    /// <summary>Paints pictures, one folder for each class; their files.</summary>
    public static string[] Draw(TempFolder folder, int count)
    {
        var set = Painted.Set("pictures", count, 1, 64);
        foreach (var picture in set.Pictures)
        {
            var path = folder[$"pictures/{picture.Name}"];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, picture.Read());
        }

        return [.. set.Pictures.Select(picture => folder[$"pictures/{picture.Name}"])];
    }
}
