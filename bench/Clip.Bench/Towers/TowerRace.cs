using System.Numerics.Tensors;

namespace Clip.Bench;

/// <summary>A graph of an image tower.</summary>
/// <param name="Name">What to call it in the table.</param>
/// <param name="File">Its ONNX file.</param>
/// <param name="IsExact">Whether it computes the first graph's function, which int8 does not.</param>
internal sealed record TowerGraph(string Name, string File, bool IsExact = true);

/// <summary>Graphs of one image tower, in turns on the same noise.</summary>
internal static class TowerRace
{
    private const float Tolerance = 1e-4f;

    /// <summary>Times the graphs, the first of which the others are compared to.</summary>
    /// <param name="title">The tower, in the tables' titles.</param>
    /// <param name="graphs">The graphs.</param>
    /// <param name="size">The images' side in pixels.</param>
    /// <param name="batches">Batch sizes.</param>
    /// <param name="rounds">Runs of each.</param>
    /// <param name="threads">Threads of every session.</param>
    /// <exception cref="InvalidDataException">An exact graph gives other features: a faster one would be no achievement.</exception>
    public static void Run(string title, IEnumerable<TowerGraph> graphs, int size, int[] batches, int rounds, int threads)
    {
        var towers = graphs
            .Select(graph => (Graph: graph, Tower: new BareTower(graph.File, "pixel_values", "image_embeds", threads))).ToArray();
        try
        {
            foreach (var batch in batches)
            {
                // Of several images a run takes about as long as of one batch: rounds are all alike.
                var count = Math.Max(batch, 8);
                var pixels = Noise(count * 3 * size * size);
                int[] shape = [3, size, size];
                var results = Contest.Run(
                    [.. towers.Select(t => Entrant.Of(t.Graph.Name, count, () => t.Tower.Run(pixels, shape, batch)))], rounds);
                Tables.Write($"{title}, batch {batch}", "images/s", results);
                Tables.WriteRatios(results[0], results.Skip(1));

                var own = towers[0].Tower.Run(pixels, shape, batch);
                foreach (var (graph, tower) in towers.Skip(1).Where(t => t.Graph.IsExact))
                    Check(graph.Name, own, tower.Run(pixels, shape, batch));
            }
        }
        finally
        {
            foreach (var (_, tower) in towers) tower.Dispose();
        }
    }

    /// <summary>Numbers between -2 and 2, as normalized pixels are.</summary>
    public static float[] Noise(int count)
    {
        var random = new Random(1);
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (random.NextSingle() * 4) - 2;
        return values;
    }

    private static void Check(string name, float[][] own, float[][] others)
    {
        var largest = own.Max(row => Math.Abs(TensorPrimitives.MaxMagnitude<float>(row)));
        var difference = Features.LargestDifference(own, others) / largest;
        Console.WriteLine($"\nLargest difference of features to {name}: {difference:E1} of the largest.");
        if (!(difference <= Tolerance))
            throw new InvalidDataException($"The features of {name} differ by {difference}: it is another function.");
    }
}
