using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Bench;

/// <summary>The model, the batch and the optimizer's settings that everybody's training step starts from.</summary>
internal sealed class StepData : IDisposable
{
    private StepData(string settings, long seed)
    {
        Settings = settings;
        var text = File.ReadAllText(settings);
        using var json = JsonDocument.Parse(text);
        var optimizer = json.RootElement.GetProperty("optimizer");
        double Number(JsonElement of, string name) => of.GetProperty(name).GetDouble();
        var betas = optimizer.GetProperty("betas");
        LearningRate = Number(optimizer, "lr");
        Optimizer = new AdamWOptions(
            betas[0].GetDouble(), betas[1].GetDouble(), Number(optimizer, "eps"), Number(optimizer, "weight_decay"));
        var endOfText = json.RootElement.GetProperty("text_cfg").GetProperty("vocab_size").GetInt32() - 1;
        Config = ModelOf(text, settings).WithVocabulary(endOfText + 1, endOfText - 1, endOfText);
        var batch = json.RootElement.GetProperty("batch_size").GetInt64();
        var (size, length) = (Config.Vision.ImageSize, Config.Text.ContextLength);
        manual_seed(seed);
        Pixels = randn(batch, 3, size, size);
        Ids = randint(0, endOfText - 1, new[] { batch, (long)length }, ScalarType.Int64);
        Ids[TensorIndex.Colon, 0] = tensor((long)endOfText - 1);
        Ids[TensorIndex.Colon, -1] = tensor((long)endOfText);
    }

    public string Settings { get; }

    /// <summary>The file that <see cref="Write"/> wrote.</summary>
    public string Start { get; private set; } = "";

    public ClipConfig Config { get; }

    public AdamWOptions Optimizer { get; }

    public double LearningRate { get; }

    /// <summary>[B, 3, S, S], of normal noise.</summary>
    public Tensor Pixels { get; }

    /// <summary>[B, L], with the end of text in the last column: no text is shorter than the context.</summary>
    public Tensor Ids { get; }

    /// <summary>Draws a batch.</summary>
    public static StepData Create(string settings, long seed = 0) => new(settings, seed);

    /// <summary>Writes the starting weights and the batch to a folder, for others to read.</summary>
    public void Write(string folder)
    {
        using var model = Model();
        using var ids = Ids.@float();
        var batch = new[]
        {
            KeyValuePair.Create("batch.pixels", TorchWeights.Copy(Pixels)),
            KeyValuePair.Create("batch.ids", TorchWeights.Copy(ids)),
        };
        Start = Path.Combine(folder, "start.safetensors");
        SafetensorsWriter.Write(Start, TorchWeights.Of(model).Concat(batch));
    }

    /// <summary>The model with its starting weights, the same ones each time.</summary>
    public ClipModel Model()
    {
        manual_seed(1);
        return new ClipModel(Config);
    }

    /// <summary>A config of a model has no place for what is a step's alone.</summary>
    private static ClipConfig ModelOf(string text, string source)
    {
        var model = JsonNode.Parse(text)!.AsObject();
        model.Remove("batch_size");
        model.Remove("optimizer");
        return ClipConfigJson.Parse(model.ToJsonString(), source);
    }

    public void Dispose()
    {
        Pixels.Dispose();
        Ids.Dispose();
    }
}
