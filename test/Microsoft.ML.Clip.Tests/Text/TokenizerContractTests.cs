using System.Buffers;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>Both tokenizers are Microsoft.ML.Tokenizers', and keep what it promises.</summary>
public sealed class TokenizerContractTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ClipsTokensHaveTheirPlacesInTheCleanedText()
    {
        var clip = Clip();
        Tokenizer tokenizer = clip;

        var tokens = tokenizer.EncodeToTokens("A  photo of RED \u00E9t\u00E9", out var cleaned);

        Assert.Equal("a photo of red \u00E9t\u00E9", cleaned);
        Assert.Equal(["a", "photo", "of", "red"], tokens.Take(4).Select(token => cleaned![token.Offset]));
        Assert.Equal("a</w>", tokens[0].Value);
        Assert.Equal(clip.Encode("A  photo of RED \u00E9t\u00E9")[1..^1], tokens.Select(token => token.Id));
        Assert.Equal(cleaned!.Length, tokens[^1].Offset.End.Value);
    }

    [Theory]
    [InlineData("a photo of a red thing", 3, "a photo of")]
    [InlineData("Blue  THING", 1, "blue")]
    [InlineData("red", 9, "red")]
    public void ATextIsCutAtSoManyTokens(string text, int most, string kept)
    {
        var tokenizer = Clip();

        var ids = tokenizer.EncodeToIds(text, most, out var cleaned, out var consumed);

        Assert.Equal(kept, cleaned![..consumed]);
        Assert.Equal(tokenizer.EncodeToIds(text).Take(most), ids);
        Assert.Equal(consumed, tokenizer.GetIndexByTokenCount(text, most, out _, out var count));
        Assert.Equal(ids.Count, count);
    }

    /// <summary>Where bytes stand for a character that no piece covers, all of them are kept or none.</summary>
    [Fact]
    public void ACutLeavesNoPartOfACharacter()
    {
        const string Text = "a \U0001F98A\U0001F98A cat";
        File.Copy(SentencePieceFiles.Model("bpe"), Path.Combine(_folder, "tokenizer.model"));
        Tokenizer tokenizer = SiglipTokenizer.Create(_folder);
        var all = tokenizer.EncodeToIds(Text);
        var lengths = new HashSet<int>();
        Assert.True(all.Count > 9);

        for (var most = 1; most <= all.Count; most++)
        {
            var ids = tokenizer.EncodeToIds(Text, most, out var normalized, out var consumed);

            Assert.Equal(all.Take(ids.Count), ids);
            Assert.DoesNotContain('\uFFFD', tokenizer.Decode(ids)!);
            Assert.False(char.IsLowSurrogate(normalized!.AsSpan(consumed) is [var next, ..] ? next : ' '));
            lengths.Add(ids.Count);
        }

        Assert.Equal(all.Count - 6, lengths.Count); // not after one, two or three bytes of four
    }

    [Fact]
    public void SpansAndTextsAreCountedAndDecodedAlike()
    {
        const string Text = "a  Photo of a blue thing";
        Tokenizer tokenizer = Clip();
        var ids = tokenizer.EncodeToIds(Text);

        Assert.Equal(ids, tokenizer.EncodeToIds(Text.AsSpan()));
        Assert.Equal(6, tokenizer.CountTokens(Text));
        Assert.Equal(6, tokenizer.CountTokens(Text.AsSpan()));
        Assert.NotEqual(ids, tokenizer.EncodeToIds(Text, considerNormalization: false));

        Span<char> room = stackalloc char[12];
        Assert.Equal(OperationStatus.DestinationTooSmall, tokenizer.Decode(ids, room, out var consumed, out var written));
        Assert.Equal((3, "a photo of "), (consumed, room[..written].ToString()));
        Assert.Equal(OperationStatus.Done, tokenizer.Decode(ids.Take(2), room, out consumed, out written));
        Assert.Equal((2, "a photo "), (consumed, room[..written].ToString()));
        Assert.Equal(OperationStatus.Done, tokenizer.Decode(ids.Take(2), room[..8], out consumed, out written)); // just enough
        Assert.Equal((2, 8), (consumed, written));
    }

    [Theory]
    [InlineData("unigram", "spiece.model")]
    [InlineData("bpe", "tokenizer.model")]
    public void SiglipsTokensCoverTheNormalizedText(string model, string file)
    {
        File.Copy(SentencePieceFiles.Model(model), Path.Combine(_folder, file));
        Tokenizer tokenizer = SiglipTokenizer.Create(_folder);
        Assert.All(SentencePieceFiles.Rows(model), row =>
        {
            var tokens = tokenizer.EncodeToTokens(row.Text, out var normalized);
            var end = 0;
            foreach (var token in tokens)
            {
                var (from, to) = (token.Offset.Start.Value, token.Offset.End.Value);

                // The pieces that stand for the bytes of one character share its place.
                Assert.True(from == end || token.Value.StartsWith("<0x", StringComparison.Ordinal), $"{row.Text}: {token.Value} at {from}");
                if (!token.Value.StartsWith('<')) Assert.Equal(token.Value, normalized![from..to]);
                end = to;
            }

            Assert.Equal(normalized!.Length, end);
            Assert.Equal(tokens.Select(t => t.Id), tokenizer.EncodeToIds(row.Text));
            Assert.Equal(tokens.Count, tokenizer.CountTokens(row.Text));
        });
    }

    /// <summary>Of a character at the very beginning that does not fit nothing is kept, and nothing of the text is used up.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 2)]
    public void WhatDoesNotFitAtAllUsesNothingUp(int most, int consumed)
    {
        TokenizerKinds.Save("gemma", _folder);
        Tokenizer tokenizer = PipelineTokenizer.Create(_folder);
        Assert.Equal(8, tokenizer.CountTokens("🦊🦊"));

        var ids = tokenizer.EncodeToIds("🦊🦊", most, out _, out var used);

        Assert.Equal((consumed, 2 * consumed), (used, ids.Count));
    }

    [Theory]
    [InlineData("mt5")]
    [InlineData("gemma")]
    [InlineData("bert-uncased")]
    [InlineData("roberta")]
    public void ManyThreadsMayShareOne(string kind)
    {
        TokenizerKinds.Save(kind, _folder);
        var tokenizer = TextTokenizer.Open(_folder);
        var texts = TokenizerKinds.Texts()[..40];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];

        Parallel.For(0, 10 * texts.Length, i => Assert.Equal(expected[i % texts.Length], tokenizer.Encode(texts[i % texts.Length])));
    }

    private ClipTokenizer Clip()
    {
        TinyVocabulary.Save(_folder);
        return ClipTokenizer.Create(_folder);
    }
}
