using Microsoft.ML.OnnxRuntime;

namespace Clip.Bench;

/// <summary>One tower straight on ONNX Runtime, fed with what is already prepared: the speed that nothing around it can exceed.</summary>
internal sealed class BareTower : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly string _input;
    private readonly string _output;

    public BareTower(string file, string input, string output, int threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        _session = new InferenceSession(file, options);
        (_input, _output) = (input, output);
    }

    /// <summary>Embeds rows in batches.</summary>
    /// <param name="rows">All rows, one after the other.</param>
    /// <param name="rowShape">The dimensions of one.</param>
    /// <param name="batchSize">Rows a run.</param>
    /// <returns>One feature vector a row.</returns>
    public float[][] Run<T>(T[] rows, int[] rowShape, int batchSize)
        where T : unmanaged
    {
        var rowLength = rowShape.Aggregate((a, b) => a * b);
        var count = rows.Length / rowLength;
        var features = new List<float[]>(count);
        for (var start = 0; start < count; start += batchSize)
        {
            var length = Math.Min(batchSize, count - start);
            using var input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, rows.AsMemory(start * rowLength, length * rowLength),
                [length, .. rowShape.Select(d => (long)d)]);
            using var outputs = _session.Run(_runOptions, [_input], [input], [_output]);
            var values = outputs[0].GetTensorDataAsSpan<float>();
            features.AddRange(values.ToArray().Chunk(values.Length / length));
        }

        return [.. features];
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }
}
