using Clip.Data;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests;

/// <summary>What holds for the order of an epoch, whatever it is made of.</summary>
public sealed class EpochSamplerRulesTests
{
    private static readonly double[] Factors = [0.1, 0.25, 0.5, 0.75, 1, 1.3, 1.5, 2, 3.4];

    /// <summary>Up to four parts, some of them in groups that are read together, and a batch size and a seed.</summary>
    private static readonly Gen<(EpochPart[] Parts, int BatchSize, long Seed)> Epochs = Gen.Select(
        Gen.Select(Gen.Int[1, 6].Array[1, 6], Gen.Int[0, Factors.Length - 1], Gen.Int[0, 3]).Array[1, 4],
        Gen.Int[1, 9],
        Gen.Long,
        (parts, batch, seed) => (
            parts.Select(part => new EpochPart(
                part.Item1.Sum(), Factors[part.Item2], part.Item3 == 0 ? null : part.Item1, Math.Max(1, part.Item3))).ToArray(),
            batch, seed));

    [Fact]
    public void AnEpochShowsEachRecordAsOftenAsItsFactorSays() => Epochs.Holds(drawn =>
    {
        var sampler = new EpochSampler(drawn.Parts, batchSize: 1, drawn.Seed);
        if (sampler.Count == 0) return;
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var shown = Enumerable.Range(0, sampler.Count)
                .SelectMany(step => sampler.BatchOf(((long)epoch * sampler.Count) + step).ToArray()).ToList();
            Assert.Equal(sampler.Count, shown.Count);
            var first = 0;
            foreach (var part in drawn.Parts)
            {
                var own = shown.Where(record => record >= first && record < first + part.Count).CountBy(record => record).ToDictionary();
                Assert.InRange(part.Drawn - (part.Count * part.Factor), -0.5, 0.5);
                Assert.Equal(part.Drawn, own.Values.Sum());
                var (least, most) = (part.Drawn / part.Count, (part.Drawn + part.Count - 1) / part.Count);
                for (var record = first; record < first + part.Count; record++)
                    Assert.InRange(own.GetValueOrDefault(record), least, most);
                first += part.Count;
            }

            Assert.All(shown, record => Assert.InRange(record, 0, first - 1));
        }
    });

    [Fact]
    public void StepsArePiecesOfTheirEpochAndAnyOneCanBeAskedForAtOnce() => Epochs.Holds(drawn =>
    {
        var sampler = new EpochSampler(drawn.Parts, drawn.BatchSize, drawn.Seed);
        var single = new EpochSampler(drawn.Parts, batchSize: 1, drawn.Seed);
        if (sampler.Count == 0) return;
        var steps = Enumerable.Range(0, (int)sampler.StepsPerEpoch * 2).Select(step => sampler.BatchOf(step).ToArray()).ToArray();

        Assert.Equal(Math.Max(1, sampler.Count / drawn.BatchSize), sampler.StepsPerEpoch);
        Assert.All(steps, step => Assert.Equal(Math.Min(drawn.BatchSize, sampler.Count), step.Length));
        for (var i = steps.Length - 1; i >= 0; i -= 2)
            Assert.Equal(steps[i], new EpochSampler(drawn.Parts, drawn.BatchSize, drawn.Seed).BatchOf(i).ToArray());
        for (var epoch = 0; epoch < 2; epoch++)
        {
            var whole = Enumerable.Range(0, single.Count).SelectMany(step => single.BatchOf((epoch * single.Count) + step).ToArray());
            var shown = steps[(epoch * steps.Length / 2)..((epoch + 1) * steps.Length / 2)].SelectMany(step => step).ToArray();
            Assert.Equal(whole.Take(shown.Length), shown);
            Assert.Equal(epoch, sampler.EpochOf((epoch * sampler.StepsPerEpoch) + sampler.StepsPerEpoch - 1));
        }
    });

    [Fact]
    public void RecordsThatAreReadTogetherStayNearEachOther() => Gen.Int[1, 5].Array[2, 8].Select(Gen.Int[1, 3]).Holds(drawn =>
    {
        var (groups, window) = drawn;
        var part = new EpochPart(groups.Sum(), Groups: groups, Window: window);
        var owner = groups.SelectMany((count, group) => Enumerable.Repeat(group, count)).ToArray();
        var sampler = new EpochSampler([part], batchSize: 1, seed: 3);

        var order = Enumerable.Range(0, part.Count).Select(step => owner[sampler.BatchOf(step).Span[0]]).ToArray();

        // While groups are open, none but a window of them is: a group's last record comes before the window after next begins.
        var open = groups.Select((_, g) => (First: Array.IndexOf(order, g), Last: Array.LastIndexOf(order, g))).ToArray();
        for (var place = 0; place < order.Length; place++)
            Assert.InRange(open.Count(g => g.First <= place && place <= g.Last), 1, window);
    });

    /// <summary>Images in several records: no step shows one twice where others are left, and nothing is lost by that.</summary>
    [Fact]
    public void KeepingImagesApartChangesNothingOfWhatAnEpochShows() =>
        Gen.Select(Gen.Int[4, 30], Gen.Int[1, 4], Gen.Int[2, 4], Gen.Long).Holds(drawn =>
        {
            var (images, each, batch, seed) = drawn;
            var count = images * each / batch * batch;
            var sampler = new EpochSampler([new EpochPart(count)], batch, seed, record => record % images);

            var steps = Enumerable.Range(0, count / batch).Select(step => sampler.BatchOf(step).ToArray()).ToArray();

            Assert.Equal(Enumerable.Range(0, count), steps.SelectMany(step => step).Order());
            Assert.All(steps, step => Assert.Equal(batch, step.Select(record => record % images).Distinct().Count()));
        });

    [Fact]
    public void EveryEpochAndEverySeedHasAnOrderOfItsOwn()
    {
        var orders = new HashSet<string>();
        for (var seed = 0; seed < 5; seed++)
        {
            var sampler = new EpochSampler([new EpochPart(9), new EpochPart(9)], batchSize: 18, seed);
            for (var epoch = 0; epoch < 20; epoch++) Assert.True(orders.Add(string.Join(' ', sampler.BatchOf(epoch).ToArray())));
        }
    }

    /// <summary>Parts are shuffled each by itself, and mixed anew in every epoch.</summary>
    [Fact]
    public void PartsAndTheirMixtureHaveOrdersOfTheirOwn()
    {
        var sampler = new EpochSampler([new EpochPart(9), new EpochPart(9)], batchSize: 18, seed: 4);
        var epochs = Enumerable.Range(0, 20).Select(epoch => sampler.BatchOf(epoch).ToArray()).ToArray();

        Assert.DoesNotContain(epochs, epoch => epoch.Where(r => r < 9).SequenceEqual(epoch.Where(r => r >= 9).Select(r => r - 9)));
        Assert.Equal(20, epochs.Select(epoch => string.Concat(epoch.Select(r => r < 9 ? 'a' : 'b'))).Distinct().Count());
    }
}
