using System.Text.Json.Nodes;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>What a folder's texts are filled up with: where tokens see what follows them it is part of the text.</summary>
public sealed class TextPaddingTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    public void AClipsTextsEndWithTheirOwnMark(bool? isCausal)
    {
        using var folder = new TinyFolder();
        using var model = ClipModel.Open(folder.Path);

        Assert.Equal(
            new TextPadding { Id = TinyVocabulary.EndOfText }, TextPadding.Find(isCausal, model.Tokenizer, named: "red</w>"));
    }

    [Fact]
    public void WhereTokensSeeWhatFollowsTextsAreAsLongAsTheContext()
    {
        using var folder = new TinyFolder();
        using var model = ClipModel.Open(folder.Path);
        var red = model.Tokenizer.IdOf("red</w>")!.Value;

        Assert.NotEqual(0, red);
        Assert.Equal(new TextPadding { ToContext = true, Id = red }, TextPadding.Find(false, model.Tokenizer, "red</w>"));
        Assert.Equal(new TextPadding { ToContext = true }, TextPadding.Find(false, model.Tokenizer, "no such token"));
        Assert.Equal(new TextPadding { ToContext = true }, TextPadding.Find(false, model.Tokenizer, named: null));
    }

    [Fact]
    public void ASiglipsTextsAreFilledUpWithItsPadding()
    {
        using var folder = new TinyFolder(TinySiglip.Lay);
        using var model = ClipModel.Open(folder.Path);
        var padding = ((SiglipTokenizer)model.Tokenizer).PaddingId;

        Assert.Equal(new TextPadding { ToContext = true, Id = padding }, TextPadding.Find(null, model.Tokenizer, named: null));
        Assert.Equal(new TextPadding { ToContext = true, Id = 2 }, TextPadding.Find(false, model.Tokenizer, "<unk>"));
        Assert.Equal(new TextPadding { Id = padding }, TextPadding.Find(true, model.Tokenizer, "<unk>"));
    }

    /// <summary>Of open_clip's layout, which speaks of the attention, and of Hugging Face's, which does not.</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void OtherTextsAreHiddenBehindAMask(bool? isCausal, bool toContext)
    {
        using var folder = new TinyFolder(path => TinyBert.SaveTokenizer(path, ("padding", new JsonObject
        {
            ["strategy"] = "BatchLongest",
            ["direction"] = "Left",
            ["pad_id"] = 5,
            ["pad_token"] = "绿",
            ["pad_type_id"] = 0,
        })));
        var tokenizer = TextTokenizer.Open(folder.Path);

        Assert.Equal(
            new TextPadding { ToContext = toContext, Id = 5, IsLeft = true, IsHidden = true },
            TextPadding.Find(isCausal, tokenizer, "[PAD]"));
    }
}
