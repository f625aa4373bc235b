using Clip.Data.Sources;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests.Sources;

/// <summary>Whatever sources are joined: each record is its own source's, and a picture has one number in all of them.</summary>
public sealed class JoinRulesTests : IDisposable
{
    private static readonly double[] Factors = [0.5, 1, 1.5, 2];

    /// <summary>Sources, each a table of pictures (0 to 7) or, with none, a shard of three; and what each weighs.</summary>
    private static readonly Gen<(int[] Pictures, int Factor)[]> Sources =
        Gen.Select(Gen.OneOf(Gen.Int[0, 7].Array[1, 7], Gen.Const(Array.Empty<int>())), Gen.Int[0, Factors.Length - 1]).Array[1, 5];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EachRecordIsThatOfItsSource() => Gen.Select(Sources, Gen.Bool).Holds(drawn =>
    {
        var (sources, group) = drawn;
        var names = sources.Select((source, i) => Write(source.Pictures, i)).ToArray();
        var options = new RecordSourceOptions { GroupByImage = group };

        using var joined = RecordSources.Open(
            string.Join("::", names), options with { UpsamplingFactors = [.. sources.Select(source => Factors[source.Factor])] });

        var (first, known) = (0, new Dictionary<string, long>());
        for (var i = 0; i < names.Length; i++)
        {
            using var alone = RecordSources.Open(names[i], options);
            for (var record = 0; record < alone.Count; record++)
            {
                Assert.Equal(alone.Key(record), joined.Key(first + record));
                Assert.Equal(alone.ReadCaptions(record), joined.ReadCaptions(first + record));
                Assert.Equal(alone.ImagePath(record), joined.ImagePath(first + record));

                // One number for each picture, and no number for two: a file has its path, a member its source and its key.
                var picture = alone.ImagePath(record) is { } path ? Path.GetFullPath(path) : $"{i}: {alone.Key(record)}";
                var number = joined.ImageId(first + record);
                Assert.Equal(known.TryAdd(picture, number) ? number : known[picture], number);
            }

            first += alone.Count;
        }

        Assert.Equal(first, joined.Count);
        Assert.Equal(known.Count, known.Values.Distinct().Count());
        Assert.All(known.Values, number => Assert.InRange(number, 0, first - 1));
    }, count: 60);

    [Fact]
    public void AnEpochTakesOfEachSourceWhatItsFactorSays() => Sources.Holds(drawn =>
    {
        var names = drawn.Select((source, i) => Write(source.Pictures, i)).ToArray();
        var options = new RecordSourceOptions { UpsamplingFactors = [.. drawn.Select(source => Factors[source.Factor])] };
        using var joined = RecordSources.Open(string.Join("::", names), options);
        var parts = joined.Parts;

        var sampler = new EpochSampler(parts, batchSize: 1, seed: 5);

        Assert.Equal(joined.Count, parts.Sum(part => part.Count));
        Assert.Equal(parts.Sum(part => part.Drawn), sampler.Count);
        var shown = Enumerable.Range(0, sampler.Count).Select(step => sampler.BatchOf(step).Span[0]).ToArray();
        var first = 0;
        for (var i = 0; i < names.Length; i++)
        {
            using var alone = RecordSources.Open(names[i], new RecordSourceOptions());
            Assert.InRange(
                shown.Count(record => record >= first && record < first + alone.Count) - (alone.Count * Factors[drawn[i].Factor]),
                -0.5 * alone.Parts.Count,
                0.5 * alone.Parts.Count);
            first += alone.Count;
        }
    }, count: 60);

    /// <summary>A path is spelled in one of three ways; shards' members have the same names in all.</summary>
    private string Write(int[] pictures, int number)
    {
        if (pictures.Length == 0) return Shards.Tar(_folder, $"{number}.tar", "1.jpg", "1.txt", "2.jpg", "2.txt", "3.jpg", "3.txt");
        var rows = pictures.Select((picture, row) => ((row + number) % 3) switch
        {
            0 => $"{picture}.png\t{number}, {row}",
            1 => $"./{picture}.png\t{number}, {row}",
            _ => $"x/../{picture}.png\t{number}, {row}",
        });
        return _folder.Write($"{number}.tsv", $"filepath\ttitle\n{string.Join('\n', rows)}\n");
    }
}
