using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.Clip;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Conversion.Tests.Zoo;

/// <summary>From a text to the original's feature: converted, opened, and asked as users ask.</summary>
public sealed class OpenedTests(ITestOutputHelper output) : IDisposable
{
    private static readonly Dictionary<int, string> Bert = new() { [0] = "[PAD]", [1] = "[UNK]", [101] = "[CLS]", [102] = "[SEP]" };
    private static readonly Dictionary<int, string> Clipa = new() { [0] = "[PAD]", [1] = "[CLS]", [2] = "[SEP]", [3] = "[UNK]" };
    private static readonly Dictionary<int, string> Roberta = new() { [1] = "<pad>", [0] = "<s>", [2] = "</s>", [3] = "<unk>" };
    private static readonly Dictionary<int, string> T5 = new() { [0] = "<pad>", [1] = "</s>", [2] = "<unk>" };
    private static readonly Dictionary<int, string> Nllb = new(Roberta) { [115] = "eng_Latn" };
    private static readonly Dictionary<int, string> Gemma = new() { [0] = "<pad>", [1] = "<eos>", [2] = "<bos>", [3] = "<unk>" };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("bert_clslast_linear", "bert-uncased")]
    [InlineData("chinese_clip", "bert-uncased")]
    [InlineData("st_multilingual_distilbert", "bert-cased")]
    [InlineData("clipa", "bert-uncased")]
    [InlineData("clipa_bigg", "bert-uncased")]
    [InlineData("roberta_vit_b32", "roberta")]
    [InlineData("roberta_cls_linear", "roberta")]
    [InlineData("roberta_max_mlp", "roberta")]
    [InlineData("xlm_roberta_base_vit_b32", "xlm-roberta")]
    [InlineData("altclip", "xlm-roberta")]
    [InlineData("worldwide_xlmv", "xlm-roberta")]
    [InlineData("mt5_base_vit_b32", "mt5")]
    [InlineData("worldwide_mt5", "mt5")]
    [InlineData("nllb_clip_base", "nllb")]
    [InlineData("nllb_clip_base_siglip", "nllb")]
    public void A_text_becomes_the_originals_feature(string family, string kind)
    {
        var source = Golden.Path($"golden/zoo/{family}");
        var golden = SafetensorsReader.Load(Path.Combine(source, "golden.safetensors"));
        var (ids, length) = (golden["input_ids"], (int)golden["input_ids"].Shape[1]);
        var isClipa = family.StartsWith("clipa", StringComparison.Ordinal);
        var isWorldwide = family.StartsWith("worldwide", StringComparison.Ordinal);
        var special = isClipa ? Clipa : kind switch { "roberta" or "xlm-roberta" => Roberta, "mt5" => T5, "nllb" => Nllb, _ => Bert };
        var (padding, before) = (special.Keys.First(), kind == "mt5" ? 0 : 1);
        var rows = ids.Data.ToArray().Select(id => (int)id).Chunk(length)
            .Select(row => row[..(Array.FindLastIndex(row, id => id != padding) + 1)]).ToArray();
        // The last one is the end; CLIPA has made a 0 of it.
        var texts = rows.Select(row => row[before..^(isClipa ? 0 : 1)]).ToArray();
        var tokenizer = new TinyTokenizer(kind, isClipa || isWorldwide ? 100 : 120, special, texts);
        tokenizer.Save(_folder["tokenizer"], length);
        Convert(source);

        using var model = ClipModel.Open(_folder["out"]);
        string[] written = [.. texts.Select(tokenizer.Text)];
        var features = model.EmbedTexts(written, normalize: false);

        var opened = TextTokenizer.Open(_folder["out"]);
        Assert.Equal(rows.Select(row => isClipa ? [.. row, 0] : row), written.Select(text => opened.Encode(text, length)));
        var error = 0f;
        for (var i = 0; i < features.Length; i++)
        {
            var expected = Items(golden["text_features"], i, i + 1).Data.ToArray();
            Assert.Equal(expected.Length, features[i].Length);
            foreach (var (e, a) in expected.Zip(features[i]))
            {
                error = MathF.Max(error, MathF.Abs(e - a));
                Assert.InRange(MathF.Abs(e - a), 0, 2e-5f + 1e-5f * MathF.Abs(e));
            }
        }

        // One at a time, where nothing is filled up, they are the same.
        Assert.All(written.Zip(features), pair => Assert.All(
            model.EmbedText(pair.First, normalize: false).Zip(pair.Second), values => Assert.Equal(values.Second, values.First, 2e-5f)));
        output.WriteLine($"{family}: '{written[^1]}', off by {error:E1}");
    }

    /// <summary>Its golden ids are of no tokenizer; SigLIP 2's puts an end behind a text and fills it up.</summary>
    [SkippableFact]
    public void A_NaFlex_models_texts_are_SigLIP_2s()
    {
        int[][] texts = [[74, 83, 18, 23], [61]];
        var tokenizer = new TinyTokenizer("gemma", 100, Gemma, texts);
        tokenizer.Save(_folder["tokenizer"], 12);
        Convert(Golden.Path("golden/zoo/siglip2_naflex"));

        using var model = ClipModel.Open(_folder["out"]);

        Assert.IsType<SiglipTokenizer>(TextTokenizer.Open(_folder["out"]));
        foreach (var text in texts)
        {
            int[] ids = [.. text, 1, .. Enumerable.Repeat(0, 11 - text.Length)];
            var expected = Run(_folder["out/onnx/text_model.onnx"], ("input_ids", Ids(ids)))["text_embeds"].Data.ToArray();
            Assert.Equal(expected, model.EmbedText(tokenizer.Text(text), normalize: false));
        }
    }

    /// <summary>clip-ViT-B-32-multilingual-v1 is a text tower for the images of clip-ViT-B-32, which stay where they are.</summary>
    [SkippableFact]
    public void A_text_tower_alone_is_used_beside_the_image_tower_it_was_made_for()
    {
        new TinyTokenizer("bert-cased", 120, Bert, []).Save(_folder["tokenizer"], 20);
        Convert(Golden.Path("golden/zoo/st_multilingual_distilbert"));
        var config = RandomModel.Config with { EmbedDim = 24 };
        RandomModel.WriteFolder(config, RandomModel.Weights(config), _folder["images"]);
        _folder.Write("picture.ppm", "P6\n2 1\n255\nabcdef");

        using var images = ClipModel.Open(_folder["images"]);
        using var both = ClipModel.Open(_folder["out"], new ClipModelOptions
        {
            VisionModelFile = _folder["images/onnx/vision_model.onnx"],
            Preprocessing = images.Preprocessing,
        });

        Assert.Equal(images.EmbedImage(_folder["picture.ppm"]), both.EmbedImage(_folder["picture.ppm"]));
        Assert.Equal(24, both.EmbedText("w5 w6").Length);
    }

    [SkippableTheory]
    [InlineData("1_Pooling/config.json", "\"pooling_mode_cls_token\": false", "\"pooling_mode_cls_token\": true",
        "the pooling pooling_mode_cls_token, pooling_mode_mean_tokens is not supported")]
    [InlineData("2_Dense/config.json", "linear.Identity", "activation.Tanh", "the activation Tanh of 2_Dense is not supported")]
    [InlineData("modules.json", "models.Dense", "models.LayerNorm", "the module LayerNorm in '2_Dense' is not supported")]
    [InlineData("sentence_bert_config.json", "", "{\"do_lower_case\": true}", "do_lower_case of sentence_bert_config.json")]
    public void What_sentence_transformers_would_do_otherwise_is_refused(string file, string said, string instead, string message)
    {
        Copy(Golden.Path("golden/zoo/st_multilingual_distilbert"), _folder["in"]);
        var path = _folder[$"in/{file}"];
        File.WriteAllText(path, said.Length == 0 ? instead : File.ReadAllText(path).Replace(said, instead, StringComparison.Ordinal));

        Refused.With(message, () => Convert(_folder["in"], tokenizer: null));
    }

    [SkippableFact]
    public void A_text_has_as_many_tokens_as_sentence_transformers_allows()
    {
        Copy(Golden.Path("golden/zoo/st_multilingual_distilbert"), _folder["in"]);
        _folder.Write("in/sentence_bert_config.json", "{\"max_seq_length\": 6, \"do_lower_case\": false}");
        new TinyTokenizer("bert-cased", 120, Bert, []).Save(_folder["tokenizer"], 512);
        Convert(_folder["in"]);

        using var model = ClipModel.Open(_folder["out"]);

        Assert.Equal(model.EmbedText("w10 w11 w12 w13"), model.EmbedText("w10 w11 w12 w13 w14 w15"));
        Assert.NotEqual(model.EmbedText("w10 w11 w12 w13"), model.EmbedText("w10 w11 w12"));
    }

    private void Convert(string source) => Convert(source, _folder["tokenizer"]);

    private void Convert(string source, string? tokenizer) => new ModelConversion(
        new ConversionOptions { Checkpoint = source, Output = _folder["out"], Tokenizer = tokenizer }, _ => { }, _ => { }).Run();

    private static void Copy(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
