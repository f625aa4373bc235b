using Clip.Testing;
using Clip.Trainer.Checkpoints;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>A tiny model of the original implementation's with what it computed; see the golden data's README.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly string _folder;

    public GoldenModel(string name)
    {
        _folder = Golden.Path($"golden/{name}");
        Model = new ClipModel(ClipConfigJson.Load(Path.Combine(_folder, "hf")));
        TorchWeights.Load(Model, SafetensorsReader.Load(Path.Combine(_folder, "model.safetensors")), name);
    }

    public static TheoryData<string> Names => ["dev_vit", "dev_hfcustom"];

    public ClipModel Model { get; }

    public Dictionary<string, WeightTensor> File(string file) => SafetensorsReader.Load(Path.Combine(_folder, file));

    public void Dispose() => Model.Dispose();

    public static Tensor Floats(WeightTensor value) => tensor(value.Data.ToArray(), [.. value.Shape]);

    public static Tensor Ids(WeightTensor value)
    {
        using var floats = Floats(value);
        return floats.to_type(ScalarType.Int64);
    }

    public static double Difference(Tensor actual, WeightTensor expected)
    {
        using var scope = NewDisposeScope();
        return (actual.detach() - Floats(expected)).abs().max().item<float>();
    }

    /// <summary>The largest difference, relative to the tensor's largest value.</summary>
    public static double RelativeDifference(Tensor actual, WeightTensor expected)
    {
        var largest = expected.Data.ToArray().Max(Math.Abs);
        return Difference(actual, expected) / largest;
    }
}
