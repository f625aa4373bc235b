using Clip.Conversion.Checkpoints;

namespace Clip.Cli.Tests.Siglip;

/// <summary>
/// A SigLIP computed in double precision, one sum after the other, as transformers' modeling_siglip.py defines it. It shares nothing
/// with the exporter.
/// </summary>
internal sealed class PlainSiglip(Dictionary<string, WeightTensor> weights)
{
    /// <summary>SiglipVisionTransformer with its head: a [3, size, size] image → its feature.</summary>
    public double[] Image(float[] pixels)
    {
        const int size = TinySiglip.Image, patch = TinySiglip.Patch, side = size / patch;
        var kernel = weights["vision_model.embeddings.patch_embedding.weight"].Data.Span;
        var bias = weights["vision_model.embeddings.patch_embedding.bias"].Data.Span;
        var x = new double[side * side][];
        for (var p = 0; p < x.Length; p++)
        {
            x[p] = new double[TinySiglip.Width];
            for (var o = 0; o < TinySiglip.Width; o++)
            {
                double sum = bias[o];
                for (var c = 0; c < 3; c++)
                {
                    for (var i = 0; i < patch; i++)
                    {
                        for (var j = 0; j < patch; j++)
                        {
                            var pixel = pixels[(c * size + p / side * patch + i) * size + p % side * patch + j];
                            sum += pixel * kernel[((o * 3 + c) * patch + i) * patch + j];
                        }
                    }
                }

                x[p][o] = sum + weights["vision_model.embeddings.position_embedding.weight"].Data.Span[p * TinySiglip.Width + o];
            }
        }

        x = Norm("vision_model.post_layernorm", Encode("vision_model", x, TinySiglip.Heads));
        return Head(x);
    }

    /// <summary>SiglipTextTransformer: the ids of a text, filled up to the context → its feature.</summary>
    public double[] Text(int[] ids)
    {
        const int width = TinySiglip.TextWidth;
        double[][] x =
        [
            .. ids.Select((id, place) => Enumerable.Range(0, width).Select(i =>
                (double)weights["text_model.embeddings.token_embedding.weight"].Data.Span[id * width + i]
                + weights["text_model.embeddings.position_embedding.weight"].Data.Span[place * width + i]).ToArray()),
        ];
        x = Norm("text_model.final_layer_norm", Encode("text_model", x, TinySiglip.TextHeads));
        return Linear("text_model.head", [x[^1]])[0];
    }

    private double[][] Encode(string tower, double[][] x, int heads)
    {
        for (var i = 0; i < TinySiglip.Layers; i++)
        {
            var layer = $"{tower}.encoder.layers.{i}";
            var normed = Norm($"{layer}.layer_norm1", x);
            var mixed = Attend(
                Linear($"{layer}.self_attn.q_proj", normed),
                Linear($"{layer}.self_attn.k_proj", normed),
                Linear($"{layer}.self_attn.v_proj", normed),
                heads);
            x = Add(x, Linear($"{layer}.self_attn.out_proj", mixed));
            x = Add(x, Mlp($"{layer}.mlp", Norm($"{layer}.layer_norm2", x)));
        }

        return x;
    }

    /// <summary>SiglipMultiheadAttentionPoolingHead, whose attention is torch's MultiheadAttention.</summary>
    private double[] Head(double[][] x)
    {
        var probe = weights["vision_model.head.probe"].Data.ToArray().Select(v => (double)v).ToArray();
        var mixed = Attend(In(0, [probe]), In(1, x), In(2, x), TinySiglip.Heads);
        var pooled = Linear("vision_model.head.attention.out_proj", mixed);
        return Add(pooled, Mlp("vision_model.head.mlp", Norm("vision_model.head.layernorm", pooled)))[0];

        double[][] In(int third, double[][] rows)
        {
            const int width = TinySiglip.Width;
            var weight = weights["vision_model.head.attention.in_proj_weight"].Data.Slice(third * width * width, width * width).ToArray();
            return Linear(weight, weights["vision_model.head.attention.in_proj_bias"].Data.Slice(third * width, width).ToArray(), rows);
        }
    }

    private static double[][] Attend(double[][] query, double[][] key, double[][] value, int heads)
    {
        var channels = query[0].Length / heads;
        var result = query.Select(row => new double[row.Length]).ToArray();
        for (var head = 0; head < heads; head++)
        {
            var first = head * channels;
            for (var row = 0; row < query.Length; row++)
            {
                var scores = key.Select(k =>
                    Enumerable.Range(first, channels).Sum(c => query[row][c] * k[c]) / Math.Sqrt(channels)).ToArray();
                var exponents = scores.Select(s => Math.Exp(s - scores.Max())).ToArray();
                for (var c = first; c < first + channels; c++)
                    result[row][c] = exponents.Zip(value, (e, v) => e * v[c]).Sum() / exponents.Sum();
            }
        }

        return result;
    }

    private double[][] Mlp(string name, double[][] rows)
    {
        var hidden = Linear($"{name}.fc1", rows);
        return Linear($"{name}.fc2", [.. hidden.Select(row => row.Select(Gelu).ToArray())]);

        static double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    private double[][] Norm(string name, double[][] rows)
    {
        var (gain, bias) = (weights[$"{name}.weight"].Data.ToArray(), weights[$"{name}.bias"].Data.ToArray());
        return [.. rows.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-6);
            return row.Select((v, i) => (v - mean) / deviation * gain[i] + bias[i]).ToArray();
        })];
    }

    private double[][] Linear(string name, double[][] rows) =>
        Linear(weights[$"{name}.weight"].Data.ToArray(), weights[$"{name}.bias"].Data.ToArray(), rows);

    private static double[][] Linear(float[] weight, float[] bias, double[][] rows) =>
    [
        .. rows.Select(row => bias.Select((b, o) => b + row.Select((v, i) => v * weight[o * row.Length + i]).Sum()).ToArray()),
    ];

    private static double[][] Add(double[][] some, double[][] others) =>
        [.. some.Zip(others, (a, b) => a.Zip(b, (x, y) => x + y).ToArray())];
}
