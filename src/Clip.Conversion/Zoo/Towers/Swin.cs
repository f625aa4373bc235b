using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;
using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>Swin (arXiv:2103.14030) as timm has it: attention within windows, every second time shifted by half a window.</summary>
internal sealed record Swin : ImageTower
{
    private const double Eps = 1e-5;
    private const string Trunk = TimmHead.Trunk;

    public override string Family => "Swin";

    public required int PatchSize { get; init; }

    /// <summary>Of the first stage; each further has twice as many.</summary>
    public required int Width { get; init; }

    public required IReadOnlyList<int> Depths { get; init; }

    public required IReadOnlyList<int> Heads { get; init; }

    public required int Window { get; init; }

    public required TimmHead Head { get; init; }

    public override string Sizes => $"patch {PatchSize}, width {Width}, Swin {string.Join('-', Depths)}, windows of {Window}";

    public override string Features(TowerWriter net, string pixels)
    {
        net.Scope($"{Trunk}embed");
        var x = net.Patches(pixels, $"{Trunk}patch_embed.proj", Width, PatchSize, ImageSize, hasBias: true);
        x = net.LayerNorm(net.Reshape(x, -1, Width), $"{Trunk}patch_embed.norm", Width, Eps);
        var (side, width) = (ImageSize / PatchSize, Width);
        for (var stage = 0; stage < Depths.Count; stage++)
        {
            var name = $"{Trunk}layers.{stage}.";
            if (stage > 0)
            {
                if (side % 2 != 0) throw new ClipException($"image_size {ImageSize} gives Swin a grid of {side}, which cannot be halved.");
                x = Merge(net, x, $"{name}downsample.", width, side);
                (side, width) = (side / 2, 2 * width);
            }

            net.Places = (long)side * side;
            for (var i = 0; i < Depths[stage]; i++) x = Block(net, x, $"{name}blocks.{i}.", stage, i, width, side);
        }

        net.Scope($"{Trunk}pool");
        x = net.Mean(net.LayerNorm(x, $"{Trunk}norm", width, Eps), (long)side * side, width, 0);
        return Head.Write(net, x, width, EmbedDim, "head.fc");
    }

    /// <summary>Four neighbors become one place: (0, 0), (1, 0), (0, 1), (1, 1) as (row, column).</summary>
    private static string Merge(TowerWriter net, string x, string name, int width, int side)
    {
        net.Scope(name);
        // [items, rows, 2 (row), columns, 2 (column), width]; the column counts more than the row.
        var cut = net.Transpose(net.Reshape(x, -1, side / 2, 2, side / 2, 2, width), 0, 1, 3, 4, 2, 5);
        net.Places = (long)side * side / 4;
        var normed = net.LayerNorm(net.Reshape(cut, -1, 4 * width), $"{name}norm", 4 * width, Eps);
        return net.Linear(normed, $"{name}reduction", 4 * width, 2 * width, hasBias: false);
    }

    private string Block(TowerWriter net, string x, string name, int stage, int number, int width, int side)
    {
        net.Scope(name);
        var (window, heads) = (Math.Min(Window, side), Heads[stage]);
        var shift = side > Window && number % 2 == 1 ? window / 2 : 0;
        if (side % window != 0)
            throw new ClipException($"image_size {ImageSize} gives Swin a grid of {side}, which windows of {window} do not tile.");
        var (windows, tokens) = (side / window, window * window);
        var y = net.LayerNorm(x, $"{name}norm1", width, Eps);
        y = Roll(net, net.Reshape(y, -1, side, side, width), shift, side);
        y = net.Transpose(net.Reshape(y, -1, windows, window, windows, window, width), 0, 1, 3, 2, 4, 5);
        y = net.Reshape(y, -1, width);

        var attention = new AttentionGraph(net.Graph, width, heads);
        var parts = Qkv.Fused.Take(net.Parameters, name, width, width);
        parts[0] = (TensorMath.Scale(parts[0].Weight, attention.QueryScale), TensorMath.Scale(parts[0].Bias!, attention.QueryScale));
        string[] letters = ["q", "k", "v"];
        var projected = parts.Select((part, i) => net.Product(y, $"{name}attn.{letters[i]}_proj", part.Weight, part.Bias)).ToArray();
        net.CountAttention(net.Places, tokens, width);
        var shape = attention.HeadShape(tokens);
        var scores = Scores(net, name, heads, window, side, shift);
        var joined = shift == 0
            ? attention.Attend(projected[0], shape, projected[1], projected[2], shape, scores)
            : Shifted(net, projected, windows * windows, tokens, width, heads, scores);
        y = net.Linear(joined, $"{name}attn.proj", width, width);
        y = net.Transpose(net.Reshape(y, -1, windows, windows, window, window, width), 0, 1, 3, 2, 4, 5);
        y = net.Reshape(Roll(net, net.Reshape(y, -1, side, side, width), side - shift, side), -1, width);
        x = net.Add(x, y);
        y = net.LayerNorm(x, $"{name}norm2", width, Eps);
        y = net.Activate(net.Linear(y, $"{name}mlp.fc1", width, 4 * width), Nonlinearity.Gelu);
        return net.Add(x, net.Linear(y, $"{name}mlp.fc2", 4 * width, width));
    }

    /// <summary>Attention whose scores differ by window: [1, windows, heads, tokens, tokens].</summary>
    private static string Shifted(
        TowerWriter net, string[] projected, int windows, int tokens, int width, int heads, string scores)
    {
        var products = net.Op("MatMul", Cut(0), net.Transpose(Cut(1), 0, 1, 2, 4, 3));
        var shares = net.Graph.Op("Softmax", [net.Add(products, scores)], Attribute("axis", -1L));
        return net.Reshape(net.Transpose(net.Op("MatMul", shares, Cut(2)), 0, 1, 3, 2, 4), -1, width);

        string Cut(int i) => net.Transpose(net.Reshape(projected[i], -1, windows, tokens, heads, width / heads), 0, 1, 3, 2, 4);
    }

    /// <summary>The grid shifted up and left by so many places, around its edges.</summary>
    private static string Roll(TowerWriter net, string grid, int by, int side)
    {
        if (by % side == 0) return grid;
        for (var axis = 1; axis <= 2; axis++)
        {
            var rest = net.Op("Slice", grid, net.Graph.Vector(by), net.Graph.Vector(side), net.Graph.Vector(axis));
            var first = net.Op("Slice", grid, net.Graph.Vector(0), net.Graph.Vector(by), net.Graph.Vector(axis));
            grid = net.Graph.Op("Concat", [rest, first], Attribute("axis", (long)axis));
        }

        return grid;
    }

    /// <summary>
    /// What a window's tokens add to each other's scores: by their distance; and in shifted windows −100 between those that are no
    /// neighbors in the picture. [1, heads, tokens, tokens], or with a window's axis in between.
    /// </summary>
    private static string Scores(TowerWriter net, string name, int heads, int window, int side, int shift)
    {
        // The table is of the configured window where the grid is smaller, too.
        var span = 2 * window - 1;
        var table = net.Parameters.Take($"{name}attn.relative_position_bias_table", (long)span * span, heads);
        var (tokens, count) = (window * window, shift == 0 ? 1 : side / window * (side / window));
        long[] shape = shift == 0 ? [1, heads, tokens, tokens] : [1, count, heads, tokens, tokens];
        var scores = TensorMath.Gather(table, shape, 1, i =>
        {
            var (head, a, b) = (i / (tokens * tokens) % heads, i / tokens % tokens, i % tokens);
            var distance = (a / window - b / window + window - 1) * span + a % window - b % window + window - 1;
            return distance * heads + head;
        });
        return net.Graph.Weight($"{name}scores", shift == 0 ? scores : TensorMath.Sum(scores, TensorMath.Constant(shape, Apart)));

        float[] Apart()
        {
            var regions = Enumerable.Range(0, side * side).Select(place => 3 * Region(place / side) + Region(place % side)).ToArray();
            var apart = new float[count * heads * tokens * tokens];
            for (var i = 0; i < apart.Length; i++)
            {
                var (w, a, b) = (i / (heads * tokens * tokens), i / tokens % tokens, i % tokens);
                // The zero that changes no score, a zero's sign included.
                apart[i] = regions[Place(w, a)] != regions[Place(w, b)] ? -100 : -0f;
            }

            return apart;
        }

        int Region(int at) => at < side - window ? 0 : at < side - shift ? 1 : 2;

        int Place(int number, int token)
        {
            var across = side / window;
            return (number / across * window + token / window) * side + number % across * window + token % window;
        }
    }
}
