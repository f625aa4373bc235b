using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.OnnxRuntime;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Conversion.Tests.Zoo;

/// <summary>Every family's tower against outputs of the original implementation.</summary>
public sealed class GoldenTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [ZooData]
    public void Features_and_logits_are_the_originals(string family)
    {
        var source = Golden.Path($"golden/zoo/{family}");
        var golden = SafetensorsReader.Load(Path.Combine(source, "golden.safetensors"));

        new ModelConversion(new ConversionOptions { Checkpoint = source, Output = _folder["out"] }, _ => { }, _ => { }).Run();

        var report = new List<string>();
        foreach (var (input, feature, file, name) in new[]
        {
            ("pixels", "image_features", "vision_model", "image_embeds"), ("input_ids", "text_features", "text_model", "text_embeds"),
        })
        {
            if (!golden.TryGetValue(feature, out var expected)) continue;
            using var session = new InferenceSession(_folder[$"out/onnx/{file}.onnx"]);
            foreach (var batch in new[] { 1, (int)expected.Shape[0], 3 })
            {
                var (actual, wanted) = (Run(session, Inputs(golden, input, batch))[name], Repeat(expected, batch));
                var error = Excess(wanted, actual);
                report.Add($"{name} of {batch}: {MaxError(wanted, actual):E1}");
                Assert.True(error <= 0, $"{family} {name} of {batch}: off by {MaxError(wanted, actual):E2}, {error:E2} more than allowed");
            }
        }

        if (golden.TryGetValue("logits", out var logits))
        {
            (string, WeightTensor)[] inputs =
                [.. Inputs(golden, "pixels", (int)logits.Shape[0]), .. Inputs(golden, "input_ids", (int)logits.Shape[1])];
            using var session = new InferenceSession(_folder["out/onnx/model.onnx"]);
            var known = inputs.Where(i => session.InputMetadata.ContainsKey(i.Item1)).ToList();
            if (session.InputMetadata.ContainsKey("attention_mask") && known.All(i => i.Item1 != "attention_mask"))
                known.Add(("attention_mask", golden["input_ids"]));
            var actual = Run(session, [.. known])["logits_per_image"];
            report.Add($"logits: {MaxError(logits, actual):E1}");
            Assert.InRange(MaxError(logits, actual), 0, 3e-5f);
        }

        output.WriteLine($"{family}: {string.Join(", ", report)}");
    }

    private static (string, WeightTensor)[] Inputs(Dictionary<string, WeightTensor> golden, string input, int batch) => input == "pixels"
        ? [("pixel_values", Repeat(golden["pixels"], batch))]
        : golden.TryGetValue("attention_mask", out var mask)
            ? [("input_ids", Repeat(golden["input_ids"], batch)), ("attention_mask", Repeat(mask, batch))]
            : [("input_ids", Repeat(golden["input_ids"], batch))];

    /// <summary>So many items: the first ones, and again from the first.</summary>
    private static WeightTensor Repeat(WeightTensor tensor, int batch)
    {
        var (items, length) = ((int)tensor.Shape[0], tensor.Data.Length / (int)tensor.Shape[0]);
        var values = Enumerable.Range(0, batch).SelectMany(i => tensor.Data.Slice(i % items * length, length).ToArray()).ToArray();
        return new WeightTensor([batch, .. tensor.Shape.Skip(1)], values);
    }

    /// <summary>How far the worst value exceeds 2e-5 + 1e-5 of its size.</summary>
    private static float Excess(WeightTensor expected, WeightTensor actual) => expected.Data.ToArray()
        .Zip(actual.Data.ToArray(), (e, a) => float.IsFinite(a) ? MathF.Abs(e - a) - (2e-5f + 1e-5f * MathF.Abs(e)) : float.MaxValue).Max();
}
