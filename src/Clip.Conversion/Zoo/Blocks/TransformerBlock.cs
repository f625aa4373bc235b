using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>The tokens of each item: a number, or a vector [items, tokens] that counts them when the graph runs.</summary>
internal readonly record struct TokenCount(long Known, string? Counted)
{
    public static implicit operator TokenCount(long known) => new(known, null);

    public static implicit operator TokenCount(string counted) => new(0, counted);
}

/// <summary>Writes blocks of one plan.</summary>
/// <param name="net">Where to.</param>
/// <param name="plan">What they are.</param>
/// <param name="tokens">How many tokens an item has.</param>
internal sealed class TransformerBlock(TowerWriter net, BlockPlan plan, TokenCount tokens)
{
    private readonly GraphBuilder _graph = net.Graph;
    private readonly AttentionGraph _attention = new(net.Graph, plan.InnerWidth, plan.Heads);

    /// <summary>Positions that turn query and key; null for none.</summary>
    public Rotary? Rotary { get; init; }

    /// <summary>Writes a tower's blocks; the last only for the first token where that is all that is read.</summary>
    /// <param name="prefix">What their names start with; the number follows.</param>
    /// <param name="count">How many.</param>
    /// <param name="x">[items · tokens, width].</param>
    /// <param name="scores">Added to all blocks' scores [items, heads, tokens, tokens]; null for nothing.</param>
    /// <param name="readsFirst">Whether only the first token is read behind them; tokens are then known.</param>
    /// <returns>[items · tokens, width], or [items, width].</returns>
    public string All(string prefix, int count, string x, string? scores = null, bool readsFirst = false)
    {
        for (var i = 0; i < count - 1; i++) x = Write($"{prefix}{i}.", x, x, scores);
        if (!readsFirst) return Write($"{prefix}{count - 1}.", x, x, scores);
        net.Scope($"{prefix}pool");
        return Write($"{prefix}{count - 1}.", x, net.Pick(x, tokens.Known, plan.Width, 0), scores: null, rowTokens: 1, turnsQuery: false);
    }

    /// <summary>Writes the block of a name for the given rows, which attend to all.</summary>
    /// <param name="name">With a dot at its end.</param>
    /// <param name="all">Every token: [items · tokens, width].</param>
    /// <param name="rows">The tokens to compute: <paramref name="all"/>, or [items, width] where one of each item is read.</param>
    /// <param name="scores">Added to the scores [items, heads, rows, tokens]; null for nothing.</param>
    /// <param name="rowTokens">How many rows an item has where they are not <paramref name="all"/>.</param>
    /// <param name="turnsQuery">Whether <see cref="Rotary"/> turns the rows' query too; not where it is a token it leaves alone.</param>
    public string Write(string name, string all, string rows, string? scores, TokenCount? rowTokens = null, bool turnsQuery = true)
    {
        net.Scope(name);
        var isBefore = plan.Norms == NormPlace.Before;
        var allNormed = isBefore ? Norm(name + plan.AttentionNorm, all) : all;
        var rowsNormed = rows == all ? allNormed : isBefore ? Norm(name + plan.AttentionNorm, rows) : rows;
        var branch = Attention(name, allNormed, rowsNormed, scores, rowTokens ?? tokens, turnsQuery);
        var x = Join(rows, branch, name + plan.AttentionNorm);
        return Join(x, Mlp(name, isBefore ? Norm(name + plan.MlpNorm, x) : x), name + plan.MlpNorm);
    }

    private string Join(string x, string branch, string norm) => plan.Norms switch
    {
        NormPlace.BehindBranch => net.Add(x, Norm(norm, branch)),
        NormPlace.BehindSum => Norm(norm, net.Add(x, branch)),
        _ => net.Add(x, branch),
    };

    private string Attention(string name, string all, string rows, string? scores, TokenCount rowTokens, bool turnsQuery)
    {
        var parts = plan.Qkv.Take(net.Parameters, name, plan.Width, plan.InnerWidth);
        var scale = plan.ScalesScores && plan.CosineScale is null ? _attention.QueryScale : 1;
        if (Rotary is { } rotary)
        {
            for (var i = 0; i < 2; i++)
                parts[i] = (TensorMath.OrderRows(parts[i].Weight, rotary.Channel), Ordered(parts[i].Bias, rotary));
        }

        // A norm of the query would undo its scale, and has it in its own weights.
        if (plan.HeadNorms is null) parts[0] = Scaled(parts[0], scale);
        if (plan.HeadScale is { } headScale) parts[2] = ScaledHeads(parts[2], net.Parameters.Take(name + headScale, plan.Heads, 1, 1));
        string[] letters = ["q", "k", "v"];
        string[] sources = [rows, all, all];
        var projected = parts.Select((part, i) =>
            net.Product(sources[i], $"{name}attn.{letters[i]}_proj", part.Weight, part.Bias)).ToArray();
        net.CountAttention(net.Places, net.Places, plan.InnerWidth);
        var joined = _attention.Attend(
            projected[0], Shape(rowTokens), projected[1], projected[2], Shape(tokens), scores,
            x => OnHeads(x, name, isQuery: true, scale, turnsQuery), x => OnHeads(x, name, isQuery: false, 1, turns: true));
        if (plan.InnerNorm is { } inner) joined = net.LayerNorm(joined, name + inner, plan.InnerWidth, plan.Eps);
        var gain = plan.AttentionGain is { } factor ? name + factor : null;
        var output = net.Linear(
            joined, name + plan.Output, plan.InnerWidth, plan.Width, plan.HasBias, plan.BranchNorm is null ? gain : null);
        if (plan.BranchNorm is not { } norm) return output;
        output = net.LayerNorm(output, name + norm, plan.Width, plan.Eps);
        return gain is null ? output : net.Op("Mul", output, net.Weight(gain, plan.Width));
    }

    /// <summary>What is done to a head's query or key after they are cut apart.</summary>
    private string OnHeads(string x, string name, bool isQuery, float scale, bool turns)
    {
        if (plan.HeadNorms is { } norms)
        {
            var norm = name + (isQuery ? norms.Query : norms.Key);
            var weight = TensorMath.Scale(net.Parameters.Take($"{norm}.weight", plan.HeadWidth), scale);
            var bias = TensorMath.Scale(net.Parameters.Take($"{norm}.bias", plan.HeadWidth), scale);
            x = net.LayerNorm(x, _graph.Weight($"{norm}.weight", weight), _graph.Weight($"{norm}.bias", bias), plan.Eps);
        }

        if (plan.CosineScale is { } cosine)
        {
            var length = _graph.Op("ReduceL2", [x, _graph.Vector(-1)], Attribute("keepdims", 1L));
            x = net.Op("Div", x, net.Op("Max", length, _graph.Scalar(1e-12f)));
            if (!isQuery) return x;
            var scales = Temperatures(net.Parameters.Take(name + cosine, plan.Heads, 1, 1));
            x = net.Op("Mul", x, _graph.Weight(name + cosine, scales));
        }

        return Rotary is { } rotary && turns ? rotary.Turn(_graph, x, "rope") : x;
    }

    private string Mlp(string name, string x)
    {
        var mlp = plan.Mlp;
        if (mlp.OuterNorm is { } outer) x = net.LayerNorm(x, name + outer, plan.Width, plan.Eps);
        var hidden = net.Activate(net.Linear(x, name + mlp.Inputs[0], plan.Width, mlp.Width, plan.HasBias), mlp.Activation);
        if (mlp.Inputs.Length > 1)
            hidden = net.Op("Mul", hidden, net.Linear(x, name + mlp.Inputs[1], plan.Width, mlp.Width, plan.HasBias));
        if (mlp.InnerNorm is { } inner) hidden = net.LayerNorm(hidden, name + inner, mlp.Width, plan.Eps);
        return net.Linear(
            hidden, name + mlp.Output, mlp.Width, plan.Width, plan.HasBias, plan.MlpGain is { } gain ? name + gain : null);
    }

    private string Norm(string name, string x) =>
        plan.IsRms ? net.RmsNorm(x, name, plan.Width, plan.Eps) : net.LayerNorm(x, name, plan.Width, plan.Eps);

    private string Shape(TokenCount count) =>
        count.Counted is { } counted ? _attention.HeadShape(counted) : _attention.HeadShape(count.Known);

    private static (WeightTensor, WeightTensor?) Scaled((WeightTensor Weight, WeightTensor? Bias) part, float scale) =>
        (TensorMath.Scale(part.Weight, scale), part.Bias is { } bias ? TensorMath.Scale(bias, scale) : null);

    private static WeightTensor? Ordered(WeightTensor? bias, Rotary rotary) =>
        bias is null ? null : TensorMath.OrderRows(bias, rotary.Channel);

    /// <summary>Each head's rows times its factor.</summary>
    private (WeightTensor, WeightTensor?) ScaledHeads((WeightTensor Weight, WeightTensor? Bias) part, WeightTensor factors)
    {
        var rows = TensorMath.Gather(factors, [plan.InnerWidth], 1, row => row / plan.HeadWidth);
        return (TensorMath.ScaleRows(part.Weight, rows), part.Bias is { } bias ? TensorMath.ScaleRows(bias, rows) : null);
    }

    /// <summary>exp of the logarithms, which open_clip keeps from exceeding ln 100.</summary>
    private static WeightTensor Temperatures(WeightTensor logarithms) =>
        TensorMath.Make([.. logarithms.Shape], new Derivation.Exponential(logarithms, MathF.Log(100)));
}
