using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Data;
using Clip.Trainer.Modeling;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Text;
using static TorchSharp.torch;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests.Training;

/// <summary>Training with any tokenizer: it sees of a text what the model folder that it writes sees.</summary>
public sealed class AnyTokenizerTests : IDisposable
{
    /// <summary>Of all lengths, so that some are cut and others filled up; cleaning changes some.</summary>
    private static readonly string[] Texts =
    [
        "", "a", "A Red  wall,", "naïve café in ΟΔΟΣ &amp; Łódź", "🐈 and 👩‍🚀 look at 猫と犬 in der Straße",
        "a long text of many words, of which the last are cut in every tower that reads twelve of its tokens",
    ];

    /// <summary>Text towers: CLIP's own, in Hugging Face's words and in open_clip's, and those that see padding or another place.</summary>
    private static readonly string[] Towers =
    [
        "", "\"ls_init_value\": 0.5", "\"pool_type\": \"first\"", "\"no_causal_mask\": true, \"pool_type\": \"last\"",
        """
        "no_causal_mask": true, "pool_type": "first", "hf_tokenizer_name": "some", "tokenizer_kwargs": {"clean": "canonicalize"}
        """,
        """
        "pool_type": "eos", "hf_tokenizer_name": "some"
        """,
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> KindsAndTowers()
    {
        var all = new TheoryData<string, string>();
        foreach (var kind in TokenizerKinds.Names)
        {
            foreach (var tower in Towers) all.Add(kind, tower);
        }

        return all;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(KindsAndTowers))]
    public void Training_sees_of_a_text_what_the_model_folder_sees(string kind, string tower)
    {
        var source = Tokenizer(kind);
        var config = Config(tower);
        // Of these Gemma's puts a token before a text, the others none at all.
        if (kind is "gemma" or "steps-ends" or "steps-whole" && config.Text.Pooling == TextPooling.Eos)
        {
            Refused.With("puts no token behind a text", () => ModelTokenizer.Open(source, config));
            return;
        }

        var tokenizer = ModelTokenizer.Open(source, config);
        using var model = Random(tokenizer.Config);
        Write(model, tokenizer, "out");
        using var folder = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);

        var tokens = Texts.Select(text => tokenizer.Rows.Tokenize(text, out _)).ToArray();

        Assert.Equal(Texts.Select(text => folder.Tokenizer.Encode(text, folder.ContextLength)), tokens);
        AssertSameFeatures(folder, model, tokenizer.Rows, tokens);
        Assert.Equal(tokenizer.Config.ForUse, ModelConfigFile.Read(_folder["out"]));
        // And so it is where training goes on from there.
        Assert.Equal(tokenizer.Hash, ModelTokenizer.Open(_folder["out"], ModelConfigFile.Read(_folder["out"])).Hash);
    }

    /// <summary>Files that no program of ours understands better are left as they are.</summary>
    [Theory]
    [InlineData("bert-uncased")]
    [InlineData("xlm-roberta")]
    public void The_files_are_carried_unchanged(string kind)
    {
        var source = Tokenizer(kind);
        File.WriteAllText(Path.Combine(source, "tokenizer_config.json"), """{"model_max_length": 20, "other": [1,  2]}""");
        File.WriteAllText(Path.Combine(source, "vocab.txt"), "[PAD]\n");
        File.WriteAllText(Path.Combine(source, "notes.txt"), "no part of it");

        ModelTokenizer.Open(source, Config("")).Write(Directory.CreateDirectory(_folder["out"]).FullName);

        string[] expected = ["tokenizer.json", "tokenizer_config.json", "vocab.txt"];
        Assert.Equal(expected, Directory.GetFiles(_folder["out"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.All(expected, name => Assert.Equal(
            File.ReadAllBytes(Path.Combine(source, name)), File.ReadAllBytes(Path.Combine(_folder["out"], name))));
    }

    /// <summary>A SentencePiece model without a <c>tokenizer.json</c>, by its folder or by itself.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("/spiece.model")]
    public void A_SentencePiece_model_alone_is_a_tokenizer(string file)
    {
        var source = Directory.CreateDirectory(_folder["spiece"]).FullName;
        File.Copy(Microsoft.ML.Clip.Tests.SentencePieceFiles.Model("unigram"), Path.Combine(source, "spiece.model"));

        var tokenizer = ModelTokenizer.Open(source + file, Config(""));
        using var model = Random(tokenizer.Config);
        Write(model, tokenizer, "out");
        using var folder = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);

        var tokens = Texts.Select(text => tokenizer.Rows.Tokenize(text, out _)).ToArray();
        Assert.Equal(Texts.Select(text => folder.Tokenizer.Encode(text, folder.ContextLength)), tokens);
        AssertSameFeatures(folder, model, tokenizer.Rows, tokens);
    }

    /// <summary>What open_clip's config says of texts goes with a tokenizer into a model whose config cannot say it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("\"ls_init_value\": 0.5")]
    public void What_open_clips_folder_does_to_texts_is_kept(string tower)
    {
        var source = Tokenizer("bert-cased");
        File.WriteAllText(
            Path.Combine(source, "open_clip_config.json"),
            """{"model_cfg": {"text_cfg": {"hf_tokenizer_name": "b", "tokenizer_kwargs": {"clean": "lower", "strip_sep_token": true}}}}""");
        var theirs = Microsoft.ML.Clip.TextTokenizer.Open(source);

        var tokenizer = ModelTokenizer.Open(source, Config(tower));
        using var model = Random(tokenizer.Config);
        Write(model, tokenizer, "out");
        using var folder = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);

        Assert.All(Texts, text =>
        {
            Assert.Equal(0, tokenizer.Rows.Tokenize(text, out _)[^1]);
            Assert.Equal(theirs.Encode(text, 12), tokenizer.Rows.Tokenize(text, out _));
            Assert.Equal(theirs.Encode(text, 12), folder.Tokenizer.Encode(text, 12));
        });
        Assert.Equal(0, tokenizer.Config.Text.EosTokenId);
    }

    /// <summary>One file of another name is a tokenizer, too; what lies beside it is not its own.</summary>
    [Theory]
    [InlineData("bert-uncased")]
    [InlineData("clip")]
    public void A_tokenizer_is_named_by_its_file(string kind)
    {
        var source = Tokenizer(kind);
        var expected = ModelTokenizer.Open(source, Config(""));
        File.Copy(Path.Combine(source, "tokenizer.json"), _folder["mine.json"]);
        File.WriteAllText(_folder["tokenizer_config.json"], """{"model_max_length": 5}""");

        var mine = ModelTokenizer.Open(_folder["mine.json"], Config(""));

        Assert.Equal((expected.Hash, expected.Config), (mine.Hash, mine.Config));
        Assert.Equal(expected.Hash, ModelTokenizer.Open(Path.Combine(source, "tokenizer.json"), Config("")).Hash);
    }

    /// <summary>Of a model with a table, the rows stand for its tokens.</summary>
    [Fact]
    public void A_vocabulary_that_is_larger_than_the_models_table_is_refused_with_both_numbers()
    {
        var (bert, clips) = (Tokenizer("bert-uncased"), Tokenizer("clip"));
        var config = Config("\"no_causal_mask\": true, \"pool_type\": \"last\"");

        Assert.Equal(2000, ModelTokenizer.Open(bert, config, tableRows: 2000).Config.Text.VocabSize);
        Assert.Equal(1570, ModelTokenizer.Open(bert, config).Config.Text.VocabSize);
        Refused.With("has 1570 entries but the model only 1500", () => ModelTokenizer.Open(bert, config, tableRows: 1500));
        Refused.With("has 774 entries but the model only 700", () => ModelTokenizer.Open(clips, config, tableRows: 700));
        Refused.With("has 774 entries and the model 800", () => ModelTokenizer.Open(clips, config, tableRows: 800));
        Refused.With("ends a text with 3 but the model reads it at 519", () => ModelTokenizer.Open(bert, Config(""), tableRows: 1570));
    }

    [Theory]
    [InlineData("{\"model\": {\"type\": \"Odd\"}}", "tokenizer.json has a model of type 'Odd'")]
    [InlineData("{", "is not JSON")]
    public void A_damaged_tokenizer_is_named_by_where_it_was_given(string json, string message)
    {
        _folder.Write("broken/tokenizer.json", json);

        var error = Assert.Throws<ClipException>(() => ModelTokenizer.Open(_folder["broken"], Config("")));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder["broken"], error.Message, StringComparison.Ordinal);
    }

    /// <summary>A tower that is told which ids are padding: what hides it is kept in the ids.</summary>
    [Fact]
    public void Hidden_padding_is_told_apart_from_the_same_token_in_a_text()
    {
        var rows = ModelTokenizer.Open(Tokenizer("bert-uncased"), Config("")).Rows with { TakesMask = true };
        int[][] texts = [rows.Tokenize("a [PAD] b", out _), rows.Tokenize("a", out _)];
        using var scope = NewDisposeScope();

        var ids = TrainingRows.Of(rows, texts, out var length);
        var (shown, mask) = HiddenPadding.Split(tensor(ids, [2, length]));

        Assert.Equal(texts[0].Select(id => (long)id), shown[0].data<long>().ToArray());
        Assert.Contains(0, texts[0]);
        Assert.Equal([.. texts[1], .. new int[length - texts[1].Length]], shown[1].data<long>().ToArray().Select(id => (int)id));
        Assert.Equal(length, mask[0].sum().item<long>());
        Assert.Equal(texts[1].Length, mask[1].sum().item<long>());
        Assert.True(mask[1][0].item<bool>());
    }

    private static void AssertSameFeatures(
        Microsoft.ML.Clip.ClipModel folder, ClipModel model, TokenRows rows, int[][] tokens)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var ids = TrainingRows.Of(rows, tokens, out var length);
        var features = nn.functional.normalize(model.EncodeText(tensor(ids, [Texts.Length, length])), dim: -1);
        for (var i = 0; i < Texts.Length; i++)
        {
            Assert.All(
                folder.EmbedText(Texts[i]).Zip(features[i].data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 2e-5f));
        }
    }

    private string Tokenizer(string kind) => TokenizerKinds.Save(kind, Directory.CreateDirectory(_folder[kind]).FullName);

    private static ClipConfig Config(string tower) => ClipConfigJson.Parse(
        tower.Length == 0 ? TinyRun.Config
            : TinyRun.Config.Replace("\"text_cfg\": {", $"\"text_cfg\": {{{tower}, ", StringComparison.Ordinal), "model.json");

    /// <summary>Weights that make a difference of every token.</summary>
    private static ClipModel Random(ClipConfig config)
    {
        var model = new ClipModel(config);
        using var unused = no_grad();
        foreach (var parameter in model.parameters()) parameter.normal_(0, 0.3);
        model.eval();
        return model;
    }

    private void Write(ClipModel model, ModelTokenizer tokenizer, string name) => ModelFolderWriter.Write(
        new ModelFolderContents(
            model.Config, TorchWeights.Of(model), Microsoft.ML.Clip.ClipImagePreprocessing.ForSize(16), tokenizer.Write),
        _folder[name]);
}
