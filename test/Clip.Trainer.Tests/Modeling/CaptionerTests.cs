using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>The captioner, step by step as VirTex has it (Desai and Johnson 2021, section 3), and its search for a caption.</summary>
public sealed class CaptionerTests : IDisposable
{
    private const int Width = 8, Heads = 2, Layers = 2, Vocabulary = 5, Begin = 3, End = 4;

    private static readonly ClipConfig Config = ObjectiveKind.VirTex.Config(new ClipConfig
    {
        EmbedDim = 6,
        Vision = new VisionTransformerConfig { ImageSize = 16, PatchSize = 8, Width = 8, Layers = 1, Heads = 2, MlpWidth = 16 },
        Text = new TextConfig { ContextLength = 4, Width = Width, Layers = Layers, Heads = Heads, MlpWidth = 12 },
    }.WithVocabulary(Vocabulary));

    private readonly VirTexModel _model = new(Config);
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Noise _noise = new(5);

    public CaptionerTests()
    {
        using var unused = no_grad();
        foreach (var parameter in _model.parameters()) parameter.copy_(_noise.Draw(parameter.shape) * 0.7f);
        _model.eval();
    }

    public void Dispose()
    {
        _scope.Dispose();
        _noise.Dispose();
        _model.Dispose();
    }

    /// <summary>Words with their places, blocks that look back and at the picture, and the words again for the logits.</summary>
    [Theory]
    [InlineData(false, "forward_decoder")]
    [InlineData(true, "backward_decoder")]
    public void RowsAreThoseOfATransformerDecoder(bool backward, string decoder)
    {
        using var unused = no_grad();
        var image = _model.EncodeImage(_noise.Draw(2, 3, 16, 16));
        var ids = tensor(new long[,] { { 3, 1, 2, 4 }, { 3, 0, 4, 4 } });
        Assert.Equal([2, 1 + 4, Width], image.shape); // the pooled feature and four patches

        var actual = _model.Decode(image, ids, backward);

        var x = Norm(At("words.weight").index_select(0, ids.flatten()).view(2, 4, Width) + At("positions"), "ln_embed");
        var visible = ones(4, 4, ScalarType.Bool).tril();
        for (var i = 0; i < Layers; i++)
        {
            var block = $"{decoder}.resblocks.{i}.";
            var before = Norm(x, block + "ln_1");
            x += Attention(before, before, visible, block + "attn");
            x += Attention(Norm(x, block + "ln_cross"), image, null, block + "cross_attn");
            var hidden = Linear(Norm(x, block + "ln_2"), At(block + "mlp.c_fc.weight"), At(block + "mlp.c_fc.bias"));
            x += Linear(hidden * sigmoid(1.702f * hidden), At(block + "mlp.c_proj.weight"), At(block + "mlp.c_proj.bias"));
        }

        x = Norm(x, decoder + ".ln_final");
        AssertNear(x, actual);
        AssertNear(Linear(x, At("words.weight"), At("output_bias")), _model.Logits(actual));
    }

    /// <summary>The likeliest of all captions, of which there are few enough to try.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void WithBeamsForAllTheLikeliestCaptionIsFound(int picture)
    {
        using var unused = no_grad();
        using var noise = new Noise((ulong)picture);
        var pixels = noise.Draw(1, 3, 16, 16);
        var image = _model.EncodeImage(pixels);
        var (best, score) = (Array.Empty<long>(), double.NegativeInfinity);
        Try([Begin], 0);

        var found = new BeamSearch(_model, beamSize: Vocabulary * Vocabulary * Vocabulary).Caption(pixels);

        Assert.Equal(best.Skip(1).TakeWhile(id => id != End), found.Select(id => (long)id));

        void Try(long[] ids, double sum)
        {
            if (ids.Length == 4 || ids[^1] == End)
            {
                if (sum > score) (best, score) = (ids, sum);
                return;
            }

            var next = Next(image, ids);
            for (var id = 0; id < Vocabulary; id++) Try([.. ids, id], sum + next[id]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OneBeamTakesTheLikeliestWordEachTime(int picture)
    {
        using var unused = no_grad();
        using var noise = new Noise((ulong)picture);
        var pixels = noise.Draw(1, 3, 16, 16);
        var image = _model.EncodeImage(pixels);
        long[] ids = [Begin];
        while (ids.Length < 4 && ids[^1] != End)
        {
            var next = Next(image, ids);
            ids = [.. ids, Array.IndexOf(next, next.Max())];
        }

        Assert.Equal(
            ids.Skip(1).TakeWhile(id => id != End), new BeamSearch(_model, beamSize: 1).Caption(pixels).Select(id => (long)id));
    }

    private float[] Next(Tensor image, long[] ids)
    {
        var rows = _model.Decode(image, tensor(ids, [1, ids.Length]), backward: false);
        return [.. nn.functional.log_softmax(_model.Logits(rows[0, ids.Length - 1]), 0).data<float>()];
    }

    private Tensor Attention(Tensor queries, Tensor keys, Tensor? visible, string name)
    {
        var (weight, bias) = (At(name + ".in_proj_weight").chunk(3), At(name + ".in_proj_bias").chunk(3));
        var (q, k, v) = (Linear(queries, weight[0], bias[0]), Linear(keys, weight[1], bias[1]), Linear(keys, weight[2], bias[2]));
        var heads = Enumerable.Range(0, Heads).Select(h =>
        {
            Tensor Own(Tensor all) => all.narrow(2, h * Width / Heads, Width / Heads);
            var scores = Own(q).matmul(Own(k).transpose(1, 2)) / Math.Sqrt(Width / Heads);
            if (visible is not null) scores = scores.masked_fill(visible.logical_not(), float.NegativeInfinity);
            return scores.softmax(-1).matmul(Own(v));
        });
        return Linear(cat([.. heads], 2), At(name + ".out_proj.weight"), At(name + ".out_proj.bias"));
    }

    private Tensor Norm(Tensor x, string name)
    {
        var centered = x - x.mean([2], keepdim: true);
        return centered / (centered.Squared().mean([2], keepdim: true) + 1e-5).sqrt() * At(name + ".weight") + At(name + ".bias");
    }

    private static Tensor Linear(Tensor x, Tensor weight, Tensor bias) => x.matmul(weight.t()) + bias;

    private Tensor At(string name) => _model.state_dict()[name];

    private static void AssertNear(Tensor expected, Tensor actual) =>
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-4);
}
