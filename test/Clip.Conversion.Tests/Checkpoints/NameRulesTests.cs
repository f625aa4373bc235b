using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using CsCheck;

namespace Clip.Conversion.Tests.Checkpoints;

/// <summary>Names of other files and back, for models of any number of layers, with their parameters in any order.</summary>
public sealed class NameRulesTests
{
    private static readonly Gen<(int Image, int Text, int Width, bool Bias, int Seed)> Models =
        Gen.Select(Gen.Int[1, 13], Gen.Int[1, 13], Gen.Int[1, 3], Gen.Bool, Gen.Int[0, 9999]);

    [Fact]
    public void CLIPs_weights_come_back_from_Hugging_Faces_names() => Models.Holds(drawn =>
    {
        var config = new ClipConfig { Vision = Vision(drawn), Text = Text(drawn), LogitBiasInit = drawn.Bias ? -10 : null };
        var weights = Weights(config, drawn.Seed);

        var theirs = NameMap.ToHuggingFace(weights);

        Assert.True(NameMap.IsHuggingFace(theirs.Keys));
        Assert.Equal(weights.Sum(w => (long)w.Value.Data.Length), theirs.Sum(w => (long)w.Value.Data.Length));
        SameWeights.Assert(weights, NameMap.ToOpenAI(Shuffled(theirs, drawn.Seed)));
        SameWeights.Assert(theirs, NameMap.ToHuggingFace(NameMap.ToOpenAI(theirs)));
    }, count: 60);

    [Fact]
    public void SigLIPs_weights_come_back_from_Hugging_Faces_and_from_open_clips_names() => Models.Holds(drawn =>
    {
        var weights = Weights(Siglip(drawn), drawn.Seed);

        var (huggingFace, openClip) = (NameMap.ToHuggingFace(weights), SiglipNames.ToOpenClip(weights));

        Assert.True(SiglipNames.IsTimms(openClip.Keys));
        Assert.False(SiglipNames.IsTimms(huggingFace.Keys));
        SameWeights.Assert(Scalars(weights), Scalars(NameMap.ToOpenAI(Shuffled(huggingFace, drawn.Seed))));
        const string prefix = "text.";
        var text = openClip.ToDictionary(
            w => w.Key.StartsWith(prefix, StringComparison.Ordinal) ? w.Key[prefix.Length..] : w.Key, w => w.Value);
        SameWeights.Assert(Scalars(weights), Scalars(SiglipNames.FromOpenClip(Shuffled(text, drawn.Seed))));
    }, count: 60);

    /// <summary>Of whatever model, no two parameters have one name, and each name leads back to its parameter.</summary>
    [Fact]
    public void A_name_of_a_layer_is_that_of_no_other() => Models.Holds(drawn =>
    {
        foreach (var config in new[] { new ClipConfig { Vision = Vision(drawn), Text = Text(drawn) }, Siglip(drawn) })
        {
            var layout = ParameterLayout.Of(config).Select(parameter => parameter.Name).ToArray();
            var pieces = layout
                .SelectMany(name => NameTable.HuggingFace.OfOurs(name)!.Pieces.Select(piece => (name, piece.Name))).ToArray();

            Assert.Equal(pieces.Length, pieces.Select(piece => piece.Name).Distinct().Count());
            Assert.All(pieces, piece => Assert.Equal(piece.name, NameTable.HuggingFace.OfTheirs(piece.Name)!.Ours));
        }
    }, count: 30);

    private static VisionTransformerConfig Vision((int Image, int Text, int Width, bool Bias, int Seed) drawn) => new()
    {
        ImageSize = 8,
        PatchSize = 4,
        Width = 2 * drawn.Width,
        Layers = drawn.Image,
        Heads = 2,
        MlpWidth = 3 * drawn.Width,
    };

    private static TextConfig Text((int Image, int Text, int Width, bool Bias, int Seed) drawn) => new()
    {
        ContextLength = 5,
        VocabSize = 7,
        Width = 2 * drawn.Width,
        Layers = drawn.Text,
        Heads = 2,
        MlpWidth = 5,
    };

    private static ClipConfig Siglip((int Image, int Text, int Width, bool Bias, int Seed) drawn) =>
        SiglipConfigJson.Of(Activation.GeluTanh, 2 * drawn.Width, Vision(drawn), Text(drawn));

    /// <summary>Every value another one.</summary>
    private static Dictionary<string, WeightTensor> Weights(ClipConfig config, int seed)
    {
        var next = 0;
        var weights = ParameterLayout.Of(config).ToDictionary(
            parameter => parameter.Name,
            parameter => new WeightTensor(
                parameter.Shape, Enumerable.Range(0, (int)parameter.Count).Select(_ => (float)next++).ToArray()));
        return Shuffled(weights, seed);
    }

    private static Dictionary<string, WeightTensor> Shuffled(Dictionary<string, WeightTensor> weights, int seed)
    {
        var pairs = weights.ToArray();
        new Random(seed).Shuffle(pairs);
        return pairs.ToDictionary();
    }

    /// <summary>With scale and bias of no dimension, as open_clip has them; Hugging Face's have one.</summary>
    private static Dictionary<string, WeightTensor> Scalars(IReadOnlyDictionary<string, WeightTensor> weights) => weights.ToDictionary(
        w => w.Key, w => SiglipNames.IsScalar(w.Key) ? w.Value with { Shape = [] } : w.Value);
}
