using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json;

namespace Clip.Bench;

/// <summary>
/// transformers.js in a Node process of its own, which waits for its turns: it holds its model as the others do, and times itself.
/// </summary>
internal sealed class TransformersJs : IDisposable
{
    public const int BatchSize = 16;
    public const string Name = "transformers.js, JPEG files, batch 16";

    private readonly Process _process;
    private readonly int _pictures;

    private TransformersJs(Process process, int pictures) => (_process, _pictures) = (process, pictures);

    /// <summary>Starts it, if <c>npm install</c> has been run in its folder.</summary>
    public static TransformersJs? Start(string scriptFolder, TowerFiles files, string[] pictures, int threads)
    {
        if (!Directory.Exists(Path.Combine(scriptFolder, "node_modules"))) return null;
        string[] arguments =
        [
            Path.Combine(scriptFolder, "time.mjs"), files.Folder, files.DType, Text(threads), Text(BatchSize),
            Path.GetDirectoryName(pictures[0])!,
        ];
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return new(Process.Start(start)!, pictures.Length);
    }

    public Entrant Entrant() => new(Name, _pictures, () => TimeSpan.FromSeconds(Turn().GetProperty("seconds").GetDouble()));

    /// <summary>The cosine of its features of the first picture to ours: whether it does the same work.</summary>
    public float FirstCosine(float[] features) =>
        TensorPrimitives.CosineSimilarity<float>(features, Turn().GetProperty("first").Deserialize<float[]>());

    public void Dispose()
    {
        // The end of its input ends it.
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(provider: null);

    private JsonElement Turn()
    {
        _process.StandardInput.WriteLine("run");
        var answer = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("transformers.js ended early; its message is above.");
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }
}
