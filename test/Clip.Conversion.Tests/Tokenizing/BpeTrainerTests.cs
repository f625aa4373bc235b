using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Conversion.Tests.Tokenizing;

public sealed class BpeTrainerTests : IDisposable
{
    private static readonly string[] Captions =
    [
        "a photo of a dog", "a photo of a cat", "two dogs on the beach", "the cat sat on the mat", "Fish &amp; chips, £5",
        "a black-and-white photo of the beach", "ein Foto vom Strand", "café au lait on the table", "犬の写真", "a dog's life",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("clip-bpe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void MergesTheMostFrequentPairFirstAndTheFirstInOrdinalOrderOfEquals()
    {
        // The example of Sennrich et al. 2016: low 5 times, lower 2, newest 6, widest 3.
        string[] captions = [.. Enumerable.Repeat("low", 5), "lower lower", .. Enumerable.Repeat("newest", 6), "widest widest widest"];

        var vocabulary = BpeTrainer.Train(captions, BpeTrainer.SmallestVocabulary + 7);

        // 9 e-s before s-t; 9; 7; of n-e, e-w and w-est, 6 times each, e-w; then ew-est before n-ew; 6; 5
        Assert.Equal(["e s", "es t</w>", "l o", "e w", "ew est</w>", "n ewest</w>", "lo w</w>"], Lines(vocabulary));
        Assert.Equal(521, vocabulary.Size);
    }

    [Fact]
    public void CountsOverlappingPairsOfOneSymbolAsTheyMerge()
    {
        var vocabulary = BpeTrainer.Train(["aaaaa", "aaaaa"], BpeTrainer.SmallestVocabulary + 10);

        // a a a a a</w> has a-a three times and becomes aa aa a</w>; of its two pairs, once each, aa-a</w> is the smaller in ordinal order.
        Assert.Equal(["a a", "aa a</w>", "aa aaa</w>"], Lines(vocabulary));
        Assert.Equal(BpeTrainer.SmallestVocabulary + 3, vocabulary.Size);
    }

    [Fact]
    public void LaysTheVocabularyOutAsClips()
    {
        var ids = BpeTrainer.Train(Captions, 580).Ids;

        Assert.Equal((0, 255, 256, 511), (ids["!"], ids["Ń"], ids["!</w>"], ids["Ń</w>"]));
        Assert.Equal((578, 579), (ids["<|startoftext|>"], ids["<|endoftext|>"]));
        Assert.Equal(Enumerable.Range(0, 580), ids.Values.Order());
    }

    [Fact]
    public void GivesTheSameForTheSameCaptionsInAnyOrder()
    {
        var vocabulary = BpeTrainer.Train(Captions, 580);

        Assert.Equal(Lines(vocabulary), Lines(BpeTrainer.Train(Captions.Reverse(), 580)));
    }

    [Fact]
    public void CleansAndSplitsAsTheTokenizerDoes()
    {
        Assert.Equal(Lines(BpeTrainer.Train(["fish & chips"], 600)), Lines(BpeTrainer.Train(["  FISH &amp;\nchips "], 600)));
    }

    [Fact]
    public void WhatIsTrainedTokenizesTheCaptionsAndGivesThemBack()
    {
        BpeTrainer.Train(Captions, 580).Save(_folder);
        var tokenizer = ClipTokenizer.Create(_folder);

        Assert.All(Captions, caption =>
        {
            var ids = tokenizer.Encode(caption);
            Assert.Equal((tokenizer.StartOfTextId, tokenizer.EndOfTextId), (ids[0], ids[^1]));
            Assert.Equal(WithoutSpaces(caption.Replace("&amp;", "&").ToLowerInvariant()), WithoutSpaces(tokenizer.Decode(ids)));
        });
        Assert.Equal("never seen ünïcödé ", tokenizer.Decode(tokenizer.Encode("never seen ünïcödé")));

        static string WithoutSpaces(string text) => text.Replace(" ", "");
    }

    [Fact]
    public void ALargerVocabularyNeedsFewerTokens()
    {
        int[] lengths = [.. new[] { 514, 530, 550, 580 }.Select(size =>
        {
            var folder = Path.Combine(_folder, $"{size}");
            BpeTrainer.Train(Captions, size).Save(folder);
            var tokenizer = ClipTokenizer.Create(folder);
            return Captions.Sum(caption => tokenizer.Encode(caption).Length);
        })];

        Assert.Equal(lengths.OrderDescending().Distinct(), lengths);
    }

    [Fact]
    public void StopsWhereNoPairIsLeft()
    {
        Assert.Equal(["a b</w>"], Lines(BpeTrainer.Train(["ab"], 49408)));
        Assert.Equal(BpeTrainer.SmallestVocabulary, BpeTrainer.Train([], 49408).Size);
    }

    [Fact]
    public void RefusesAVocabularyWithoutRoomForTheBytes()
    {
        var e = Assert.Throws<ClipException>(() => BpeTrainer.Train(Captions, 513));

        Assert.Equal("A vocabulary of 513 tokens is too small; every byte and the special tokens alone are 514.", e.Message);
    }

    [Fact]
    public void ReportsProgressAndStopsWhenAsked()
    {
        var sizes = new Sizes();
        BpeTrainer.Train(Captions, 580, sizes);
        Assert.Equal(580, sizes[^1]);

        Assert.Throws<OperationCanceledException>(
            () => BpeTrainer.Train(Captions, 600, cancellationToken: new CancellationToken(canceled: true)));
    }

    private static IEnumerable<string> Lines(BpeVocabulary vocabulary) => vocabulary.Merges.Select(m => $"{m.Left} {m.Right}");

    private sealed class Sizes : List<int>, IProgress<int>
    {
        public void Report(int value) => Add(value);
    }
}
