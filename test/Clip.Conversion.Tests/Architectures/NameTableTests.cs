using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Tests.Architectures;

public sealed class NameTableTests
{
    private static readonly ClipConfig Clip = new();

    private static readonly ClipConfig Siglip =
        SiglipConfigJson.Of(Activation.GeluTanh, 768, new VisionTransformerConfig { PatchSize = 16 }, new TextConfig { Width = 768 });

    [Theory]
    [InlineData("CLIP")]
    [InlineData("SigLIP")]
    public void Every_parameter_has_names_of_its_own_in_a_Hugging_Face_file(string kind)
    {
        var layout = ParameterLayout.Of(kind == "CLIP" ? Clip : Siglip);

        var stored = layout.Select(p => NameTable.HuggingFace.OfOurs(p.Name)!).ToArray();

        Assert.Equal(layout.Select(p => p.Name), stored.Select(s => s.Ours));
        Assert.Equal(stored.Sum(s => s.Pieces.Count), stored.SelectMany(s => s.Pieces).Select(p => p.Name).Distinct().Count());
        Assert.All(stored, s => Assert.All(s.Pieces, piece => Assert.Equal(s.Ours, NameTable.HuggingFace.OfTheirs(piece.Name)!.Ours)));
    }

    [Fact]
    public void Every_parameter_of_SigLIPs_image_tower_has_a_name_of_timms()
    {
        foreach (var parameter in ParameterLayout.Of(Siglip).Where(p => p.Place.Tower == Tower.Image))
        {
            var stored = NameTable.Timm.OfOurs(parameter.Name)!;
            Assert.All(stored.Pieces, piece => Assert.StartsWith("visual.trunk.", piece.Name, StringComparison.Ordinal));
            Assert.All(stored.Pieces, piece => Assert.Equal(parameter.Name, NameTable.Timm.OfTheirs(piece.Name)!.Ours));
        }
    }

    [Theory]
    [InlineData("visual.transformer.resblocks.11.attn.in_proj_bias", "vision_model.encoder.layers.11.self_attn.q_proj.bias", 3)]
    [InlineData("text_projection", "text_projection.weight", 1)]
    [InlineData("visual.head.attn.in_proj_weight", "vision_model.head.attention.in_proj_weight", 1)]
    public void Names_are_those_of_the_files(string ours, string theirs, int pieces)
    {
        var stored = NameTable.HuggingFace.OfTheirs(theirs)!;

        Assert.Equal((ours, pieces), (stored.Ours, stored.Pieces.Count));
    }

    [Fact]
    public void A_ResNet_has_no_names_in_other_files()
    {
        Assert.Null(NameTable.HuggingFace.OfOurs("visual.layer1.0.conv1.weight"));
        Assert.Null(NameTable.Timm.OfOurs("visual.attnpool.c_proj.weight"));
    }
}
