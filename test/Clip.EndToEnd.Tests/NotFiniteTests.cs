using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Clip.EndToEnd.Tests;

/// <summary>A model whose features are NaN names nothing and finds nothing, and says so.</summary>
[Collection(SharedModel.Name)]
public sealed class NotFiniteTests(TrainedModel trained) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FeaturesThatAreNotNumbersAreAnErrorAndNotARank()
    {
        var model = Damaged();
        string[][] commands =
        [
            ["classify", "--model", model, "--labels", trained.Labels, trained.Picture("red", "ring")],
            ["evaluate", "--model", model, "--data", trained.TestTable, "--csv-label-key", "class"],
            ["evaluate", "--model", model, "--retrieval-data", trained.TestTable],
        ];
        foreach (var command in commands)
        {
            var outcome = await ClipProcess.RunAsync(command);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("not finite (NaN)", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
            Assert.Empty(outcome.Output);
        }
    }

    /// <summary>The trained model's folder with NaN in place of a weight of its image tower.</summary>
    private string Damaged()
    {
        foreach (var file in Directory.GetFiles(trained.Folder, "*", SearchOption.AllDirectories))
        {
            var copy = _folder["model/" + Path.GetRelativePath(trained.Folder, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var weights = File.ReadAllBytes(_folder["model/model.safetensors"]);
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(weights);
        using var names = JsonDocument.Parse(weights.AsMemory(8, header));
        var place = names.RootElement.GetProperty("vision_model.embeddings.class_embedding").GetProperty("data_offsets");
        var (start, end) = (8 + header + place[0].GetInt32(), 8 + header + place[1].GetInt32());
        var tower = _folder["model/onnx/vision_model.onnx"];
        var graph = File.ReadAllBytes(tower);
        var at = graph.AsSpan().IndexOf(weights.AsSpan(start, end - start));
        Assert.True(at > 0, "The graph does not hold the weight as it is.");
        MemoryMarshal.Cast<byte, float>(graph.AsSpan(at, end - start)).Fill(float.NaN);
        File.WriteAllBytes(tower, graph);
        return _folder["model"];
    }
}
