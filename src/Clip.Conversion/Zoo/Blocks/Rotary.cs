using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>
/// Rotary position embeddings of a grid of patches, as timm's <c>RotaryEmbeddingCat</c> has them: half of a head's pairs of channels turn
/// with the row, the other half with the column.
/// </summary>
/// <remarks>
/// The channels of each head are put in another order, all firsts of pairs before all seconds, in the rows of the query's and the key's
/// weights, which their product does not notice: so that turning takes two halves and no channels apart.
/// </remarks>
/// <param name="Grid">Patches in a row.</param>
/// <param name="HeadWidth">Channels of a head.</param>
/// <param name="Prefix">How many tokens stand before the patches and are not turned.</param>
internal sealed record Rotary(int Grid, int HeadWidth, int Prefix)
{
    private const double Temperature = 10000;

    /// <summary>Added to rows and columns.</summary>
    public double Offset { get; init; }

    /// <summary>The grid that angles were learned on; another is stretched to it.</summary>
    public (int Height, int Width) Reference { get; init; }

    /// <summary>Whether the columns' angles come first.</summary>
    public bool IsColumnFirst { get; init; }

    /// <summary>The channel of a head's pairs that stands at a place in the new order.</summary>
    public int Channel(int row)
    {
        var (head, place) = (row / HeadWidth, row % HeadWidth);
        var half = HeadWidth / 2;
        return head * HeadWidth + (place < half ? 2 * place : 2 * (place - half) + 1);
    }

    /// <summary>Turns [items, heads, tokens, channels].</summary>
    public string Turn(GraphBuilder graph, string x, string name)
    {
        var half = HeadWidth / 2;
        var (cosines, sines) = (graph.Weight($"{name}.cos", Table(Math.Cos, 1, 1)), graph.Weight($"{name}.sin", Table(Math.Sin, 0, -1)));
        var first = graph.Op("Slice", [x, graph.Vector(0), graph.Vector(half), graph.Vector(3)]);
        var second = graph.Op("Slice", [x, graph.Vector(half), graph.Vector(HeadWidth), graph.Vector(3)]);
        var crossed = graph.Op("Concat", [second, first], Attribute("axis", 3L));
        return graph.Op("Add", [graph.Op("Mul", [x, cosines]), graph.Op("Mul", [crossed, sines])]);
    }

    /// <summary>[tokens, channels]: a function of each pair's angle, twice, the first time with a sign.</summary>
    private WeightTensor Table(Func<double, double> function, float unturned, int sign)
    {
        var (half, bands) = (HeadWidth / 2, HeadWidth / 4);
        var values = new float[(Prefix + Grid * Grid) * HeadWidth];
        values.AsSpan(0, Prefix * HeadWidth).Fill(unturned);
        for (var place = 0; place < Grid * Grid; place++)
        {
            var row = (place / Grid + Offset) / Grid * Reference.Height;
            var column = (place % Grid + Offset) / Grid * Reference.Width;
            var (early, late) = IsColumnFirst ? (column, row) : (row, column);
            for (var pair = 0; pair < half; pair++)
            {
                var angle = (pair < bands ? early : late) * Math.Pow(Temperature, -(pair % bands) / (double)bands);
                var at = (Prefix + place) * HeadWidth + pair;
                values[at] = sign * (float)function(angle);
                values[at + half] = (float)function(angle);
            }
        }

        return new WeightTensor([Prefix + Grid * Grid, HeadWidth], values);
    }
}
