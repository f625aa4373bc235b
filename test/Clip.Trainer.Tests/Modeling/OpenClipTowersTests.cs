using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Conversion.Zoo.Reading;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;
using static TorchSharp.torch;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>The kinds of towers that open_clip has beside CLIP's own, as modules to train, against open_clip's outputs.</summary>
public sealed class OpenClipTowersTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("vit_m16_alt_layerscale")]
    [InlineData("vit_avg")]
    [InlineData("vit_attnpool_avg")]
    [InlineData("vit_text_layerscale_mlp")]
    [InlineData("convnext_base_w")]
    [InlineData("convnext_large_d")]
    [InlineData("convnext_xxlarge")]
    [InlineData("vit_tok_lnafter_nolnpre")]
    [InlineData("clipa")]
    [InlineData("clipa_bigg")]
    [InlineData("worldwide_mt5")]
    [InlineData("worldwide_xlmv")]
    public void A_model_starts_from_a_checkpoint_and_has_the_originals_features(string family)
    {
        var (folder, golden) = Open(family);
        var config = ModelConfigFile.Read(folder);
        using var model = new ClipModel(config);
        using var scope = NewDisposeScope();

        Assert.Empty(Pretrained.Load(model, config, folder));
        model.eval();

        var image = GoldenModel.Difference(model.EncodeImage(GoldenModel.Floats(golden["pixels"])), golden["image_features"]);
        var text = GoldenModel.Difference(model.EncodeText(GoldenModel.Ids(golden["input_ids"])), golden["text_features"]);
        output.WriteLine($"{family}: {image:E1}, {text:E1}");
        Assert.InRange(image, 0, 2e-5);
        Assert.InRange(text, 0, 2e-5);
    }

    [SkippableTheory]
    [InlineData("vit_attnpool_avg")]
    [InlineData("vit_text_layerscale_mlp")]
    [InlineData("convnext_large_d")]
    [InlineData("vit_tok_lnafter_nolnpre")]
    [InlineData("clipa_bigg")]
    [InlineData("worldwide_xlmv")]
    public void Its_model_folder_computes_what_it_does(string family)
    {
        var (folder, golden) = Open(family);
        var config = ModelConfigFile.Read(folder);
        using var model = new ClipModel(config);
        Pretrained.Load(model, config, folder);
        var preprocessing = Microsoft.ML.Clip.ClipImagePreprocessing.ForSize(config.Vision.ImageSize);

        ModelFolderWriter.Write(new ModelFolderContents(config, TorchWeights.Of(model), preprocessing, null), _folder["out"]);

        foreach (var (stem, input, name, feature) in new[]
        {
            ("vision_model", "pixels", "pixel_values", "image_features"), ("text_model", "input_ids", "input_ids", "text_features"),
        })
        {
            var actual = Run(_folder[$"out/onnx/{stem}.onnx"], (name, golden[input])).Values.Single();
            Assert.InRange(MaxError(golden[feature], actual), 0, 2e-5f);
        }

        Assert.Equal(config.ForUse, ModelConfigFile.Read(_folder["out"]));
        using var again = new ClipModel(config);
        Assert.Empty(Pretrained.Load(again, config, _folder["out"]));
    }

    /// <summary>Switches of text towers that no family's golden model has together, on texts that are shorter than the context.</summary>
    [Theory]
    [InlineData("", "\"no_causal_mask\": true")]
    [InlineData("", "\"pool_type\": \"last\", \"proj_bias\": true")]
    [InlineData("\"no_ln_pre\": true", "\"no_causal_mask\": true, \"pool_type\": \"first\", \"proj_bias\": true, \"ls_init_value\": 0.5")]
    [InlineData("\"act_kwargs\": {\"approximate\": \"tanh\"}", "\"act_kwargs\": {\"approximate\": \"tanh\"}")]
    [InlineData(
        "\"pool_type\": \"avg\", \"act_kwargs\": {\"approximate\": \"tanh\"}",
        "\"pool_type\": \"last\", \"act_kwargs\": {\"approximate\": \"tanh\"}")]
    public void A_text_tower_with_switches_computes_what_its_model_folder_does(string vision, string text)
    {
        using var run = new TinyRun();
        var vocabulary = BpeVocabulary.Load(run.Folder["tokenizer"]);
        var config = With(vision, text).WithVocabulary(vocabulary);
        using var model = new ClipModel(config);
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        // Biases, too, shall count.
        foreach (var parameter in model.parameters()) parameter.normal_(0, 0.2);
        ModelFolderWriter.Write(
            new ModelFolderContents(
                config, TorchWeights.Of(model), Microsoft.ML.Clip.ClipImagePreprocessing.ForSize(config.Vision.ImageSize),
                folder => vocabulary.Save(folder, config.Text.ContextLength, config.Text.NeedsFullContext)),
            _folder["out"]);
        using var folder = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);
        const string words = "a red wall";
        var ids = Microsoft.ML.Clip.ClipTokenizer.Create(_folder["out"]).Encode(words, config.Text.ContextLength);
        Assert.InRange(ids.Length, 1, config.Text.ContextLength - 1);

        model.eval();
        var feature = model.EncodeText(tensor(Array.ConvertAll(ids, id => (long)id), [1, ids.Length])).data<float>().ToArray();

        var length = MathF.Sqrt(feature.Sum(x => x * x));
        Assert.All(folder.EmbedText(words).Zip(feature), pair => Assert.Equal(pair.First, pair.Second / length, 2e-5f));
        Assert.Equal(config.ForUse, ModelConfigFile.Read(_folder["out"]));
    }

    /// <summary>What the layout of a torch module and the page of its ONNX graph state.</summary>
    [SkippableTheory]
    [InlineData("vit_m16_alt_layerscale")]
    [InlineData("vit_attnpool_avg")]
    [InlineData("vit_text_layerscale_mlp")]
    [InlineData("convnext_base_w")]
    [InlineData("convnext_large_d")]
    [InlineData("vit_tok_lnafter_nolnpre")]
    [InlineData("clipa")]
    [InlineData("worldwide_mt5")]
    public void Training_and_conversion_know_the_same_parameters(string family)
    {
        var config = ModelConfigFile.Read(Open(family).Folder);
        using var json = System.Text.Json.JsonDocument.Parse(ClipConfigJson.ToHuggingFace(config));

        var zoo = ZooConfig.Read(json.RootElement, weights: null, family).Layout();

        Assert.Equal(Described(zoo), Described(ParameterLayout.Of(config)));
        Assert.Equal(
            zoo.Where(p => p.IsProjection).Select(p => p.Name).Order(StringComparer.Ordinal),
            ParameterLayout.Of(config).Projections.Order(StringComparer.Ordinal));

        static IEnumerable<string> Described(IEnumerable<LayoutParameter> parameters) =>
            parameters.Select(p => $"{p.Name} [{string.Join(", ", p.Shape)}]").Order(StringComparer.Ordinal);
    }

    [SkippableTheory]
    [InlineData("eva02_b16", "timm_model_name eva02_base_patch16_clip_224 cannot be trained from scratch, only fine-tuned")]
    [InlineData("roberta_vit_b32", "hf_model_name roberta-base cannot be trained from scratch, only fine-tuned")]
    [InlineData("coca_vit_b32", "multimodal_cfg")]
    [InlineData("vit_custom_qknorm_scales", "cannot be trained from scratch, only fine-tuned; leave it out of the config")]
    [InlineData("vit_sincos_projbias", "pos_embed_type sin_cos_2d cannot be trained")]
    public void What_is_not_trained_is_refused_by_name(string family, string message) =>
        Refused.With(message, () => ModelConfigFile.Read(Open(family).Folder));

    [Theory]
    [InlineData("vision_cfg", "\"pool_type\": \"none\"", "pool_type 'none' is not supported")]
    [InlineData("vision_cfg", "\"patch_dropout\": 1.0", "patch_dropout is 1; give a number from 0 to below 1")]
    [InlineData("vision_cfg", "\"attentional_pool\": \"cascade\"", "attentional_pool 'cascade' is not supported")]
    [InlineData("vision_cfg", "\"attentional_pool\": true, \"attn_pooler_heads\": 3", "attn_pooler_heads 3 does not divide embed_dim 16")]
    [InlineData("text_cfg", "\"qk_norm\": true", "text_cfg qk_norm True cannot be trained")]
    [InlineData("text_cfg", "\"norm_kwargs\": {\"elementwise_affine\": false}", "norm_kwargs elementwise_affine is not supported")]
    [InlineData("text_cfg", "\"tokenizer_kwargs\": {\"tokenizer_mode\": \"clips\"}", "tokenizer_mode clips is not supported")]
    public void A_switch_of_a_value_that_is_not_known_is_refused(string section, string switches, string message)
    {
        var config = TinyRun.Config.Replace($"\"{section}\": {{", $"\"{section}\": {{{switches}, ", StringComparison.Ordinal);
        _folder.Write("model.json", config);

        Refused.With(message, () => ModelConfigFile.Read(_folder["model.json"]).Validate("model.json"));
    }

    [Fact]
    public void A_ConvNeXts_keyword_that_is_not_known_is_refused()
    {
        const string Config = """
            {"embed_dim": 16, "vision_cfg": {"image_size": 32, "timm_model_name": "convnext_tiny",
              "timm_model_kwargs": {"depths": [1, 2], "dims": [8, 12], "drop_path": 0.1}},
             "text_cfg": {"context_length": 12, "vocab_size": 520, "width": 16, "heads": 2, "layers": 2}}
            """;

        Refused.With(
            "timm_model_kwargs drop_path 0.1 is not supported; leave it out of the config",
            () => ClipConfigJson.Parse(Config, "model.json"));
    }

    /// <summary>Whatever a config says of both towers stays when it is written and read again.</summary>
    [Theory]
    [InlineData("\"ls_init_value\": 0.1, \"norm_kwargs\": {\"eps\": 1e-6}, \"mlp_ratio\": 3.3", "")]
    [InlineData("\"pool_type\": \"avg\"", "\"norm_kwargs\": {\"eps\": 1e-3}, \"mlp_ratio\": 2.7, \"pool_type\": \"eos\", \"eos_id\": 7")]
    [InlineData("\"no_ln_pre\": true", "\"ls_init_value\": 1e-5, \"bos_id\": 3, \"eos_id\": 7")]
    [InlineData("\"no_ln_pre\": true, \"act_kwargs\": {\"approximate\": \"tanh\"}", "\"act_kwargs\": {\"approximate\": \"tanh\"}")]
    public void A_config_that_is_written_is_the_one_that_was_read(string vision, string text)
    {
        var config = With(vision, text);

        Assert.True(config.IsOpenClips);
        Assert.Equal(config, ClipConfigJson.Parse(ClipConfigJson.ToHuggingFace(config), "again"));
    }

    /// <summary>A tiny model's config with switches in its sections.</summary>
    private static ClipConfig With(string vision, string text)
    {
        var json = TinyRun.Config;
        if (vision.Length > 0) json = json.Replace("\"vision_cfg\": {", $"\"vision_cfg\": {{{vision}, ", StringComparison.Ordinal);
        if (text.Length > 0) json = json.Replace("\"text_cfg\": {", $"\"text_cfg\": {{{text}, ", StringComparison.Ordinal);
        return ClipConfigJson.Parse(json, "model.json");
    }

    private static (string Folder, Dictionary<string, WeightTensor> Golden) Open(string family)
    {
        var folder = Golden.Path($"golden/zoo/{family}");
        return (folder, SafetensorsReader.Load(Path.Combine(folder, "golden.safetensors")));
    }
}
