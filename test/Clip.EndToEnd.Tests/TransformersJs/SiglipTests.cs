using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Programs;

namespace Clip.EndToEnd.Tests;

/// <summary>A SigLIP's model folder, of random weights, in transformers.js and here.</summary>
public sealed class SiglipTests : IDisposable
{
    private const string Template = "a photo of a {}.";

    private const string Config =
        """
        {"model_type": "siglip",
         "text_config": {"hidden_size": 48, "intermediate_size": 96, "num_attention_heads": 3, "num_hidden_layers": 2,
                         "max_position_embeddings": 32, "vocab_size": 40, "projection_size": 64, "bos_token_id": 1, "eos_token_id": 1},
         "vision_config": {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "num_hidden_layers": 2,
                           "image_size": 32, "patch_size": 8}}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task TransformersJsComputesTheSameProbabilitiesAndFeatures()
    {
        NodeScript.SkipWithout("@huggingface/transformers");
        var folder = await InitAsync();
        Pictures.Draw(_folder, "pictures", ofEach: 1, side: 32);
        var images = Directory.GetFiles(_folder["pictures"]).Take(4).ToArray();
        var lines = await NodeScript.RunAsync(
            "TransformersJs/siglip.cjs", folder, [folder, JsonSerializer.Serialize(Pictures.Classes), Template, .. images]);
        var theirs = lines.Select(line => JsonSerializer.Deserialize<float[]>(line)!).ToArray();

        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(images.Select(image => new Question { ImagePath = image }));
        using var classifier = ml.Transforms.ClipClassifyZeroShot("Score", nameof(Question.ImagePath), folder, Pictures.Classes, [Template])
            .Fit(rows);
        var scores = classifier.Transform(rows).GetColumn<float[]>("Score").ToArray();
        using var model = ClipModel.Open(folder);

        for (var i = 0; i < images.Length; i++)
        {
            Assert.All(scores[i].Zip(theirs[2 * i]), p => Assert.Equal(Logit(p.First), Logit(p.Second), tolerance: 1e-3));
            var features = model.EmbedImage(images[i], normalize: false);
            Assert.All(features.Zip(theirs[(2 * i) + 1]), p => Assert.Equal(p.First, p.Second, tolerance: 1e-4));
        }

        // Neither of two things that are always the same would show a mistake.
        Assert.True(Math.Abs(Logit(scores[0][0]) - Logit(scores[0][1])) > 0.01);
        Assert.True(Math.Abs(Logit(scores[0][0]) - Logit(scores[1][0])) > 0.01);

        static double Logit(float p) => Math.Log(p / (1.0 - p));
    }

    private async Task<string> InitAsync()
    {
        File.WriteAllText(_folder["siglip.json"], Config);
        Directory.CreateDirectory(_folder["tokenizer"]);
        File.WriteAllText(_folder["tokenizer/tokenizer.json"], TokenizerJson());
        File.WriteAllText(_folder["tokenizer/tokenizer_config.json"], """
            {"tokenizer_class": "SiglipTokenizer", "model_max_length": 32, "pad_token": "</s>", "eos_token": "</s>", "unk_token": "<unk>"}
            """);
        var outcome = await ClipProcess.RunAsync(
            "init", "--model", _folder["siglip.json"], "--output", _folder["model"], "--tokenizer", _folder["tokenizer"], "--seed", "3");
        outcome.Succeeded();
        return _folder["model"];
    }

    /// <summary>A unigram model of letters and two words, with SigLIP's ends and padding.</summary>
    private static string TokenizerJson()
    {
        var letters = "abcdefghijklmnopqrstuvwxyz▁".Select((c, i) => new object[] { c.ToString(), -5 - (0.01 * i) });
        object[] entries =
        [
            new object[] { "<pad>", 0 }, new object[] { "</s>", 0 }, new object[] { "<unk>", 0 }, new object[] { "▁photo", -2 },
            new object[] { "▁of", -2 }, .. letters,
        ];
        return JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["version"] = "1.0",
            ["added_tokens"] = new[] { (0, "<pad>"), (1, "</s>"), (2, "<unk>") }.Select(t => new
            {
                id = t.Item1,
                content = t.Item2,
                single_word = false,
                lstrip = false,
                rstrip = false,
                normalized = false,
                special = true,
            }),
            ["normalizer"] = new
            {
                type = "Sequence",
                normalizers = new object[]
                {
                    new { type = "Lowercase" },
                    new { type = "Replace", pattern = new { Regex = "[!\"#$%&'()*+,\\-.:;=?@\\[\\\\\\]\\^_`{|}~]" }, content = "" },
                    new { type = "Replace", pattern = new { Regex = "\\s+" }, content = " " },
                    new { type = "Strip", strip_left = true, strip_right = true },
                },
            },
            ["pre_tokenizer"] = new { type = "Metaspace", replacement = "▁", prepend_scheme = "always", split = true },
            ["post_processor"] = new
            {
                type = "TemplateProcessing",
                single = new object[]
                {
                    new { Sequence = new { id = "A", type_id = 0 } },
                    new { SpecialToken = new { id = "</s>", type_id = 0 } },
                },
                pair = Array.Empty<object>(),
                special_tokens = new Dictionary<string, object>
                {
                    ["</s>"] = new { id = "</s>", ids = new[] { 1 }, tokens = new[] { "</s>" } },
                },
            },
            ["decoder"] = new { type = "Metaspace", replacement = "▁", prepend_scheme = "always", split = true },
            ["model"] = new { type = "Unigram", unk_id = 2, vocab = entries, byte_fallback = false },
        });
    }
}
