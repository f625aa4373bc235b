using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.OnnxRuntime;

namespace Clip.Testing;

/// <summary>Runs an ONNX file once and gives its outputs.</summary>
internal static class OnnxFile
{
    public static Dictionary<string, WeightTensor> Run(string path, params ReadOnlySpan<(string Name, WeightTensor Value)> inputs)
    {
        using var options = SessionOptionsFactory.Create(new ClipSessionOptions());
        using var session = new InferenceSession(path, options);
        return Run(session, inputs);
    }

    public static Dictionary<string, WeightTensor> Run(
        InferenceSession session, params ReadOnlySpan<(string Name, WeightTensor Value)> inputs)
    {
        var feeds = new Dictionary<string, OrtValue>();
        foreach (var (name, value) in inputs) feeds.Add(name, Feed(value, session.InputMetadata[name].ElementType));
        try
        {
            using var options = new RunOptions();
            using var results = session.Run(options, feeds, session.OutputNames);
            return session.OutputNames.Zip(results).ToDictionary(
                pair => pair.First,
                pair => new WeightTensor(pair.Second.GetTensorTypeAndShape().Shape, pair.Second.GetTensorDataAsSpan<float>().ToArray()));
        }
        finally
        {
            foreach (var feed in feeds.Values) feed.Dispose();
        }
    }

    /// <summary>Token ids [texts, tokens] from rows of one length.</summary>
    public static WeightTensor Ids(params int[][] texts) =>
        new([texts.Length, texts[0].Length], texts.SelectMany(t => t).Select(id => (float)id).ToArray());

    /// <summary>Items <paramref name="start"/> to <paramref name="end"/> of a tensor, along its first axis.</summary>
    public static WeightTensor Items(WeightTensor tensor, int start, int end)
    {
        var n = tensor.Data.Length / (int)tensor.Shape[0];
        return new WeightTensor([end - start, .. tensor.Shape.Skip(1)], tensor.Data[(start * n)..(end * n)]);
    }

    /// <summary>The first <paramref name="tokens"/> tokens of each text.</summary>
    public static WeightTensor Cut(WeightTensor ids, int tokens)
    {
        var length = (int)ids.Shape[1];
        var cut = Enumerable.Range(0, (int)ids.Shape[0]).SelectMany(row => ids.Data.Slice(row * length, tokens).ToArray());
        return new WeightTensor([ids.Shape[0], tokens], cut.ToArray());
    }

    /// <summary>The largest difference between two tensors of one shape.</summary>
    public static float MaxError(WeightTensor expected, WeightTensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(actual.Data.ToArray(), v => Assert.True(float.IsFinite(v)));
        return expected.Data.ToArray().Zip(actual.Data.ToArray(), (e, a) => MathF.Abs(e - a)).Max();
    }

    private static OrtValue Feed(WeightTensor value, Type type) => type == typeof(long)
        ? OrtValue.CreateTensorValueFromMemory(value.Data.ToArray().Select(v => (long)v).ToArray(), [.. value.Shape])
        : OrtValue.CreateTensorValueFromMemory(value.Data.ToArray(), [.. value.Shape]);
}
