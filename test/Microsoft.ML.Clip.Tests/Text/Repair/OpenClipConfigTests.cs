using Clip.Testing;
using Microsoft.ML.Clip.Text.Repair;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>Where open_clip's config lies and what of it counts: by it texts are cleaned, or not.</summary>
public sealed class OpenClipConfigTests : IDisposable
{
    private const string Canonicalize = """{"model_cfg":{"text_cfg":{"tokenizer_kwargs":{"clean":"canonicalize"}}}}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("open_clip_config.json", Canonicalize, "canonicalize")]
    [InlineData("open_clip_config.json", """{"text_cfg":{"tokenizer_kwargs":{"clean":"lower"}}}""", "lower")]
    [InlineData("open_clip_config.json", """{"model_cfg":{"text_cfg":{}}}""", "whitespace")]
    [InlineData("open_clip_config.json", """{"model_cfg":{"text_cfg":{"tokenizer_kwargs":{"strip_sep_token":true}}}}""", "whitespace")]
    [InlineData("open_clip_config.json", "{}", "whitespace")]
    [InlineData("config.json", """{"text_cfg":{"tokenizer_kwargs":{"clean":"lower"}}}""", "lower")]
    [InlineData("config.json", """{"text_cfg":{}}""", "whitespace")]
    [InlineData("config.json", """{"model_type":"clip","text_cfg":{}}""", null)] // Hugging Face's
    [InlineData("config.json", """{"model_type":null,"text_cfg":{}}""", "whitespace")]
    [InlineData("config.json", """{"text_config":{}}""", null)]
    [InlineData("config.json", "[]", null)]
    [InlineData("tokenizer_config.json", """{"clean":"whitespace_underscore"}""", "whitespace_underscore")] // as this library writes it
    [InlineData("tokenizer_config.json", """{"clean":true}""", null)]
    [InlineData("tokenizer_config.json", "{}", null)]
    public void AFolderIsOpenClipsWhereAFileSpeaksAsOpenClipDoes(string file, string content, string? expected)
    {
        _folder.Write(file, content);
        Assert.Equal(expected, OpenClipCleaning.Find(_folder.Path)?.Name);
    }

    [Fact]
    public void WithoutAFileAFolderIsNotOpenClips()
    {
        Assert.Null(OpenClipCleaning.Find(_folder.Path));
        Assert.False(OpenClipCleaning.StripsSeparator(_folder.Path));
    }

    [Fact]
    public void OpenClipsOwnFileCountsBeforeTheOthers()
    {
        _folder.Write("tokenizer_config.json", """{"clean":"lower","strip_sep_token":true}""");
        Assert.Equal("lower", OpenClipCleaning.Find(_folder.Path)!.Name);
        Assert.True(OpenClipCleaning.StripsSeparator(_folder.Path));

        _folder.Write("config.json", """{"text_cfg":{"tokenizer_kwargs":{"clean":"whitespace"}}}""");
        Assert.Equal("whitespace", OpenClipCleaning.Find(_folder.Path)!.Name);
        Assert.False(OpenClipCleaning.StripsSeparator(_folder.Path));

        _folder.Write("open_clip_config.json", Canonicalize);
        Assert.Equal("canonicalize", OpenClipCleaning.Find(_folder.Path)!.Name);
    }

    /// <summary>In the layout with a folder for each tower the config is one level up; beside the tokenizer it would be nearer.</summary>
    [Fact]
    public void AConfigAboveCountsForAFolderCalledTextual()
    {
        _folder.Write("open_clip_config.json", Canonicalize);
        foreach (var name in new[] { "textual", "other" }) Directory.CreateDirectory(_folder[name]);

        Assert.Equal("canonicalize", OpenClipCleaning.Find(_folder["textual"])!.Name);
        Assert.Equal("canonicalize", OpenClipCleaning.Find(Path.Combine(_folder["other"], "..", "textual"))!.Name);
        Assert.Equal("canonicalize", OpenClipCleaning.Find(_folder["textual"] + Path.DirectorySeparatorChar)!.Name);
        Assert.Null(OpenClipCleaning.Find(_folder["other"]));

        _folder.Write("textual/open_clip_config.json", """{"text_cfg":{"tokenizer_kwargs":{"clean":"lower"}}}""");
        Assert.Equal("lower", OpenClipCleaning.Find(_folder["textual"])!.Name);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    [InlineData("1", false)]
    public void TheSeparatorIsStrippedWhereAFileSaysSo(string value, bool expected)
    {
        _folder.Write("tokenizer_config.json", $$"""{"strip_sep_token":{{value}}}""");
        Assert.Equal(expected, OpenClipCleaning.StripsSeparator(_folder.Path));
        _folder.Write("open_clip_config.json", $$$"""{"text_cfg":{"tokenizer_kwargs":{"strip_sep_token":{{{value}}} } } }""");
        Assert.Equal(expected, OpenClipCleaning.StripsSeparator(_folder.Path));
    }

    [Theory]
    [InlineData("""{"tokenizer_mode":"clips"}""", "asks for the tokenizer_mode 'clips'")]
    [InlineData("""{"language":"en"}""", "asks for the language 'en'")]
    public void AnotherWayOfTokenizingIsRefused(string options, string sentence)
    {
        _folder.Write("open_clip_config.json", $$$"""{"text_cfg":{"tokenizer_kwargs":{{{options}}}}}""");
        Assert.Contains(sentence, Assert.Throws<InvalidDataException>(() => OpenClipCleaning.Find(_folder.Path)).Message);
    }

    [Fact]
    public void NamesAreReadAsTheyAre_AndEmptyOnesAskForNothing()
    {
        _folder.Write("open_clip_config.json", """
            {"text_cfg":{"hf_model_name":"m","hf_tokenizer_name":"t",
             "tokenizer_kwargs":{"tokenizer_mode":"","language":null,"clean":"lower"}}}
            """);
        var config = OpenClipConfig.Find(_folder.Path)!;

        Assert.Equal(("m", "t", "lower", false), (config.TextModel, config.TokenizerName, config.Cleaning, config.StripsSeparator));
        Assert.Equal(_folder["open_clip_config.json"], config.Path);
    }

    [Theory]
    [InlineData("lower", "A_b!  C", "a_b! c")]
    [InlineData("whitespace", " A_b!\t C ", "A_b! C")]
    [InlineData("whitespace_underscore", "_A_b!  C_", "A b! C")]
    [InlineData("canonicalize", "_A_b!  C-D_", "a b cd")]
    public void EachCleaningDoesItsOwn(string name, string text, string expected) =>
        Assert.Equal(expected, new OpenClipCleaning(name).Apply(text));

    [Fact]
    public void CanonicalizingTakesOutAllOfAsciisPunctuation() => Assert.All(
        "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~", sign => Assert.Equal("ab", new OpenClipCleaning("canonicalize").Apply($"a{sign}b")));
}
