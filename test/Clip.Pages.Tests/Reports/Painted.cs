using System.Collections.Concurrent;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;
using SkiaSharp;

namespace Clip.Pages.Tests.Reports;

/// <summary>Reports of painted pictures: shapes in colors, and a model that tells them apart not quite.</summary>
internal static class Painted
{
    public static readonly string[] Labels = ["red circle", "red square", "green circle", "green square", "blue circle", "blue square"];

    /// <summary>Of more pictures than these some are the same, for thousands take long to paint.</summary>
    private const int Different = 600;

    private static readonly ConcurrentDictionary<(int Number, int Edge), byte[]> Kept = new();

    private static readonly SKColor[] Colors = [new(205, 62, 54), new(46, 140, 87), new(52, 95, 190)];

    /// <summary>A report of one set that was measured by so many models.</summary>
    public static ReportData Report(int pictures, int models = 1, int edge = 96)
    {
        var set = Set("shapes", pictures, models, edge);
        return new ReportData(
            models == 1 ? "How good is tiny-clip?" : "How good are these models?", "clip evaluate",
            [.. Enumerable.Range(0, models).Select(m => m == 0 ? "tiny-clip" : $"tiny-clip-{m}")], [set], [],
            [
                new("Command", [("command", "clip evaluate --model tiny-clip --data shapes=shapes --report report.html")]),
                new("Times", [("took", "3.2 s")]),
                new("Model", [("fingerprint", "9f2c0a6e")]),
            ]);
    }

    /// <summary>Captions and pictures, the embeddings of which nearly agree.</summary>
    public static ReportedRetrieval Retrieval(int pictures)
    {
        var random = new Random(5);
        var features = Enumerable.Range(0, pictures).Select(i => Embedding(random, i % Labels.Length, 0.5)).ToArray();
        return new ReportedRetrieval(
            "captioned shapes", "4d5e", 0,
            [.. Enumerable.Range(0, pictures).Select(i => new ReportedPicture($"captioned/{i}.png", () => Picture(i, 96)))],
            [.. Enumerable.Range(0, 2 * pictures).Select(t => $"a {Labels[t / 2 % Labels.Length]}, picture {t / 2}, caption {t % 2}")],
            [.. Enumerable.Range(0, 2 * pictures).Select(t => t / 2)], features,
            [.. Enumerable.Range(0, 2 * pictures).Select(t => Near(random, features[t / 2]))],
            [new("image_to_text_R@1", 0.5), new("text_to_image_R@1", 0.45)]);
    }

    public static ReportedSet Set(string name, int pictures, int models, int edge)
    {
        var set = new LabeledSet(
            name,
            [
                .. Enumerable.Range(0, pictures).Select(i => new LabeledImage
                {
                    ImagePath = $"{Labels[i % Labels.Length]}/{i:D5}.png", Class = Labels[i % Labels.Length],
                    Content = () => Kept.GetOrAdd((i % Different, edge), key => Picture(key.Number, key.Edge)),
                }),
            ],
            Labels, null);
        var reported = ReportedOutcomes.Set([.. Enumerable.Range(0, models).Select(model => Measured(set, model))]);
        double[] probe = [.. Labels.Select((_, label) => 0.9 + 0.01 * label)];
        return reported with { Runs = [.. reported.Runs.Select(run => run with { ProbeRecalls = probe })] };
    }

    private static (int, ClassificationOutcome, IReadOnlyList<ReportedMetric>) Measured(LabeledSet set, int model)
    {
        var random = new Random(17 + model);
        int[] right = [.. set.Images.Select((_, i) => i % Labels.Length)];
        float[][] scores = [.. right.Select(own => Scores(random, own))];
        float[][] embeddings = [.. right.Select(own => Embedding(random, own, 0.35))];
        var outcome = ClassificationOutcome.Of(set, scores, embeddings) with
        {
            Prompts = [.. Labels.Select(label => new[] { $"a drawing of a {label}, on paper." })],
        };
        var metrics = ClassificationMetrics.Of(outcome, new Bootstrap(100, 1));
        return (model, outcome, [.. metrics.Select(m => new ReportedMetric(m.Name, m.Value, m.Interval?.Low, m.Interval?.High))]);
    }

    private static float[] Scores(Random random, int right)
    {
        // Squares and circles of one color are confused.
        var logits = Labels
            .Select((_, label) => 2 * random.NextDouble() + (label == right ? 2.6 : label / 2 == right / 2 ? 1.6 : 0)).ToArray();
        var sum = logits.Sum(Math.Exp);
        return [.. logits.Select(logit => (float)(Math.Exp(logit) / sum))];
    }

    private static float[] Embedding(Random random, int label, double noise)
    {
        var embedding = new float[16];
        for (var d = 0; d < embedding.Length; d++) embedding[d] = (float)((random.NextDouble() - 0.5) * noise);
        embedding[label / 2] += 1;
        embedding[3 + label % 2] += 0.5f;
        return Unit(embedding);
    }

    private static float[] Near(Random random, float[] features) =>
        Unit([.. features.Select(f => f + (float)(random.NextDouble() - 0.5) * 0.5f)]);

    private static float[] Unit(float[] vector)
    {
        var length = MathF.Sqrt(vector.Sum(v => v * v));
        return [.. vector.Select(v => v / length)];
    }

    /// <summary>A shape on a textured ground, so that its file is as large as a photograph's.</summary>
    private static byte[] Picture(int number, int edge)
    {
        var random = new Random(number);
        using var surface = SKSurface.Create(new SKImageInfo(edge, edge));
        var canvas = surface.Canvas;
        canvas.Clear(new SKColor((byte)random.Next(200, 250), (byte)random.Next(200, 250), (byte)random.Next(190, 240)));
        using var paint = new SKPaint { IsAntialias = true };
        for (var i = 0; i < 40; i++)
        {
            paint.Color = new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256), 40);
            canvas.DrawCircle(random.Next(edge), random.Next(edge), random.Next(edge / 5 + 1), paint);
        }

        paint.Color = Colors[number % Labels.Length / 2];
        var size = edge * (0.2f + 0.12f * random.NextSingle());
        var (x, y) = (edge * (0.4f + 0.2f * random.NextSingle()), edge * (0.4f + 0.2f * random.NextSingle()));
        if (number % 2 == 0) canvas.DrawCircle(x, y, size, paint);
        else canvas.DrawRect(x - size, y - size, 2 * size, 2 * size, paint);
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
