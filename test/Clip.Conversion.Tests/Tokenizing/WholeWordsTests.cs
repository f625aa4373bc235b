using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Conversion.Tests.Tokenizing;

/// <summary>Words that get tokens of their own in a vocabulary that was learned without them.</summary>
public sealed class WholeWordsTests : IDisposable
{
    private static readonly string[] Captions = ["a photo of a dog", "a photo of a cat", "two dogs on the beach", "cocoa and coconuts"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EachWordIsOneToken()
    {
        string[] words = ["broccoli", "broccolini", "dog", "do", "beaches", "cocoa", "coco", "x", "é", "зима", "日本", "wagon", "agog"];

        var tokenizer = Tokenizer(WholeWords.AddTo(BpeTrainer.Train(Captions, 560), words), "words");

        Assert.All(words, word => Assert.Equal(3, tokenizer.Encode(word).Length));
        Assert.Equal(words.Length, words.Select(word => tokenizer.Encode(word)[1]).Distinct().Count());
    }

    [Fact]
    public void WhatWasOneTokenStaysThatToken_AndTextsEndWithTheLargest()
    {
        var learned = BpeTrainer.Train(Captions, 600);

        var vocabulary = WholeWords.AddTo(learned, ["photograph", "dogma", "catalog", "beachhead"]);

        var (before, after) = (Tokenizer(learned, "before"), Tokenizer(vocabulary, "after"));
        Assert.All(Captions, caption => Assert.Equal(before.Encode(caption)[1..^1], after.Encode(caption)[1..^1]));
        Assert.Equal((vocabulary.Size - 2, vocabulary.Size - 1), (vocabulary.StartOfTextId, vocabulary.EndOfTextId));
        Assert.Equal(Enumerable.Range(0, vocabulary.Size), vocabulary.Ids.Values.Order());
    }

    [Fact]
    public void AWordIsTakenAsTheTokenizerSeesIt()
    {
        Assert.Equal("dog", WholeWords.Of("Dog"));
        Assert.Equal("日本", WholeWords.Of("日本"));
        Assert.Null(WholeWords.Of("ice-cream"));
        Assert.Null(WholeWords.Of("new york"));
        Assert.Null(WholeWords.Of("dog's"));
        Assert.Null(WholeWords.Of("42"));
        Assert.Null(WholeWords.Of(""));
    }

    private ClipTokenizer Tokenizer(BpeVocabulary vocabulary, string name)
    {
        vocabulary.Save(_folder[name]);
        return ClipTokenizer.Create(_folder[name]);
    }
}
