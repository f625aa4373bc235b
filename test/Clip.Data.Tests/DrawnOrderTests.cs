using Clip.Conversion.Initialization;

namespace Clip.Data.Tests;

/// <summary>
/// Which random numbers decide what: an old run can be repeated by a later version, for the same seed gives the same order, captions and
/// changes.
/// </summary>
public sealed class DrawnOrderTests
{
    [Fact]
    public void AnEpochsOrderIsShuffledByTheSeedAndTheEpoch()
    {
        var sampler = new EpochSampler(10, 10, seed: 5);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var expected = Enumerable.Range(0, 10).ToArray();
            new SampleRandom(5, epoch).Shuffle(expected.AsSpan());

            Assert.Equal(expected, sampler.BatchOf(epoch).ToArray());
        }
    }

    /// <summary>The first part as if it were alone, the others each by its number, and a shuffled row of tickets.</summary>
    [Fact]
    public void PartsAreShuffledByTheirNumberAndMixedByTickets()
    {
        var sampler = new EpochSampler([new EpochPart(4), new EpochPart(3), new EpochPart(2, Factor: 2)], batchSize: 11, seed: 5);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            int[] first = [0, 1, 2, 3], second = [4, 5, 6];
            int[][] passes = [[7, 8], [7, 8]];
            new SampleRandom(5, epoch).Shuffle(first.AsSpan());
            new SampleRandom(5, epoch, 1).Shuffle(second.AsSpan());
            var random = new SampleRandom(5, epoch, 2);
            foreach (var pass in passes) random.Shuffle(pass.AsSpan());
            int[] tickets = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2];
            new SampleRandom(5, epoch, -1).Shuffle(tickets.AsSpan());
            Queue<int>[] parts = [new(first), new(second), new(passes.SelectMany(pass => pass))];

            Assert.Equal(tickets.Select(part => parts[part].Dequeue()).ToArray(), sampler.BatchOf(epoch).ToArray());
        }
    }

    /// <summary>The groups are shuffled, and then the records of so many groups.</summary>
    [Fact]
    public void RecordsReadTogetherAreShuffledWithinTheirWindow()
    {
        var sampler = new EpochSampler([new EpochPart(9, Groups: [2, 3, 1, 3], Window: 2)], batchSize: 9, seed: 5);
        int[][] groups = [[0, 1], [2, 3, 4], [5], [6, 7, 8]];
        var random = new SampleRandom(5, 0);
        random.Shuffle(groups.AsSpan());
        var windows = groups.Chunk(2).Select(window => window.SelectMany(group => group).ToArray()).ToArray();
        foreach (var window in windows) random.Shuffle(window.AsSpan());

        Assert.Equal(windows.SelectMany(window => window).ToArray(), sampler.BatchOf(0).ToArray());
    }

    /// <summary>A second sight of an image changes places with the next sample that fits, or else with the last before that does.</summary>
    [Fact]
    public void ASecondSightOfAnImageGoesToTheNextStepThatFits()
    {
        var order = Enumerable.Range(0, 12).ToArray();
        new SampleRandom(5, 0).Shuffle(order.AsSpan());
        // The first two of the order show one picture, and so do the last two.
        int[] pictures = [.. Enumerable.Range(0, 12)];
        pictures[order[1]] = order[0];
        pictures[order[11]] = order[10];
        int[] expected = [order[0], order[2], order[1], .. order[3..9], order[11], order[10], order[9]];

        var sampler = new EpochSampler([new EpochPart(12)], batchSize: 2, seed: 5, sample => pictures[sample]);

        Assert.Equal(expected, Enumerable.Range(0, 6).SelectMany(step => sampler.BatchOf(step).ToArray()).ToArray());
        Assert.All(Enumerable.Range(0, 6), step =>
            Assert.Equal(2, sampler.BatchOf(step).ToArray().Select(sample => pictures[sample]).Distinct().Count()));
    }

    /// <summary>Of four samples three show one picture: no step can do without two of them, and nothing is moved.</summary>
    [Fact]
    public void WhereNothingFitsTheOrderStays()
    {
        var order = Enumerable.Range(0, 4).ToArray();
        new SampleRandom(5, 0).Shuffle(order.AsSpan());

        var sampler = new EpochSampler([new EpochPart(4)], batchSize: 2, seed: 5, sample => sample == order[1] ? 1 : 0);

        Assert.Equal(order, sampler.BatchOf(0).ToArray().Concat(sampler.BatchOf(1).ToArray()).ToArray());
    }

    [Fact]
    public void CaptionsDrawInTheOrderOfTheirChances()
    {
        string[] captions = ["one two", "three", "four five six"];
        var all = new CaptionAugmentation { FirstChance = 0.3, JoinChance = 0.5, ShuffleChance = 0.4, WordDropout = 0.25 };
        for (var key = 0; key < 60; key++)
        {
            var (random, drawn) = (new SampleRandom(key), new SampleRandom(key));

            var text = Expected(ref drawn);

            Assert.Equal(text, all.Vary(all.Choose(captions, ref random), ref random));
            Assert.Equal(drawn.NextUInt64(), random.NextUInt64());
        }

        string Expected(ref SampleRandom random)
        {
            string text;
            if (random.NextDouble() < 0.3) text = captions[0];
            else if (random.NextDouble() >= 0.5) text = captions[random.Next(3)];
            else
            {
                var joined = captions.ToArray();
                random.Shuffle(joined.AsSpan());
                text = string.Join(", ", joined);
            }

            var shuffles = random.NextDouble() < 0.4;
            var words = text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2) return text;
            if (shuffles) random.Shuffle(words.AsSpan());
            var spare = words[random.Next(words.Length)];
            var kept = new List<string>();
            foreach (var word in words)
            {
                if (random.NextDouble() >= 0.25) kept.Add(word);
            }

            return kept.Count > 0 ? string.Join(' ', kept) : spare;
        }
    }

    /// <summary>One of several is drawn by one number, whatever else there is no chance of.</summary>
    [Fact]
    public void WithoutChancesACaptionIsDrawnByOneNumber()
    {
        string[] captions = ["a", "b", "c", "d", "e"];
        for (var key = 0; key < 20; key++)
        {
            var random = new SampleRandom(key);

            Assert.Equal(captions[new SampleRandom(key).Next(5)], new CaptionAugmentation().Choose(captions, ref random));
        }
    }

    [Theory]
    [InlineData("a,b;c d\te\r\nf")]
    [InlineData(" a, b; c  d\t\te \n\n f,")]
    public void WordsAreWhatBlanksCommasAndSemicolonsPart(string text)
    {
        var random = new SampleRandom(3);

        var shuffled = new CaptionAugmentation { ShuffleChance = 1 }.Vary(text, ref random);

        Assert.Equal(["a", "b", "c", "d", "e", "f"], shuffled.Split(' ').Order());
        Assert.Equal(11, shuffled.Length);
    }

    [Fact]
    public void ATextThatIsNotChangedKeepsItsBlanks()
    {
        var random = new SampleRandom(3);

        Assert.Equal(" a,  b ", new CaptionAugmentation { FirstChance = 1, JoinChance = 1 }.Vary(" a,  b ", ref random));
        Assert.Equal(" a, ", new CaptionAugmentation { ShuffleChance = 1, WordDropout = 0.5 }.Vary(" a, ", ref random)); // one word
    }
}
