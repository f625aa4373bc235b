using System.Text;
using Clip.Data;
using Clip.Data.Sources;
using Microsoft.ML;

namespace Clip.Data.Tests.Sources;

/// <summary>
/// What tells one set of training data from another: a run goes on with, and is repeated on, the same ones and no others.
/// </summary>
public sealed class FingerprintTests : IDisposable
{
    private static readonly string[] Members = ["1.jpg=a picture", "1.txt=a cat", "2.jpg=another", "2.txt=a dog"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1.jpg", "1.jpg=a longer picture")]
    [InlineData("1.txt", "1.txt=a sleeping cat")]
    [InlineData("2.txt", "2.txt=a hound")]
    [InlineData("2.jpg", "2.png=another one")]
    public void ShardsAreToldApartByTheirMembers(string member, string other)
    {
        var before = Shard(Members);

        Assert.Equal(before, Shard(Members));
        Assert.StartsWith("2 pairs ", before, StringComparison.Ordinal);
        Assert.NotEqual(before, Shard([.. Members.Select(m => m.StartsWith(member, StringComparison.Ordinal) ? other : m)]));
        Assert.NotEqual(before, Shard([.. Members.Select(m => m.Replace("2.", "3.", StringComparison.Ordinal))]));
        Assert.NotEqual(before, Shard([.. Members[2..], .. Members[..2]]));
        Assert.NotEqual(before, Shard(Members[..2]));
        Assert.NotEqual(before, Shard(Members, "y.tar"));
        Assert.NotEqual(before, Shard(Members, options: new RecordSourceOptions { CaptionKeys = ["blip"] }));
    }

    [Fact]
    public void JoinedSourcesAreToldApartByTheirPartsAndWeights()
    {
        using var one = RecordSources.Open(Shards.Tar(_folder, "one.tar", Members), new RecordSourceOptions());
        using var two = RecordSources.Open(Shards.Tar(_folder, "two.tar", Members[..2]), new RecordSourceOptions());

        Assert.Equal($"{one.Fingerprint} + {two.Fingerprint}", new JoinedSource([one, two], [1, 1]).Fingerprint);
        Assert.Equal($"2 × {one.Fingerprint} + 0.5 × {two.Fingerprint}", new JoinedSource([one, two], [2, 0.5]).Fingerprint);
    }

    [Fact]
    public void TablesAreToldApartByTheirPicturesNamesAndCaptions()
    {
        string[] rows = ["a.png\ta cat", "b.png\ta dog"];
        var before = Table(rows);

        Assert.Equal(before, Table(rows));
        Assert.StartsWith("2 pairs ", before, StringComparison.Ordinal);
        string[][] others = [["a.png\ta cat"], ["a.png\ta cat", "b.png\ta hound"], ["a.png\ta cat", "c.png\ta dog"], [rows[1], rows[0]]];
        Assert.Equal(5, others.Select(Table).Append(before).Distinct().Count());
    }

    /// <summary>By the bytes of images and captions, for rows of a data view have no names.</summary>
    [Fact]
    public void RowsInMemoryAreToldApartByWhatTheyHold()
    {
        var before = Rows(("picture", "a cat"), ("other", "a dog"));

        Assert.Equal(before, Rows(("picture", "a cat"), ("other", "a dog")));
        string[] others =
        [
            Rows(("picture", "a cat"), ("other", "a hound")), Rows(("picture", "a cat"), ("othar", "a dog")),
            Rows(("picture", "a cat")), Rows(("other", "a dog"), ("picture", "a cat")), Rows(("picture", "a dog"), ("other", "a cat")),
        ];
        Assert.Equal(6, others.Append(before).Distinct().Count());
    }

    [Fact]
    public void JoinedSourcesAreToldApartByEachOneAndItsFactor()
    {
        Table(["a.png\ta cat"], "one.tsv");
        Table(["b.png\ta dog"], "two.tsv");
        string[] joined =
        [
            Open("one.tsv::two.tsv", null), Open("two.tsv::one.tsv", null), Open("one.tsv::one.tsv", null),
            Open("one.tsv::two.tsv", [2, 1]), Open("one.tsv::two.tsv", [1, 2]), Open("one.tsv::two.tsv", [1, 0.5]),
        ];

        Assert.Equal(joined.Length, joined.Distinct().Count());
        Assert.Equal(joined[0], Open("one.tsv::two.tsv", [1, 1]));
    }

    [Fact]
    public void GroupingByImageIsAnotherWayToReadTheSameRows()
    {
        _folder.Write("pairs.tsv", "filepath\ttitle\na.png\ta cat\na.png\ta tom\n");
        using var grouped = RecordSources.Open(_folder["pairs.tsv"], new RecordSourceOptions());
        using var apart = RecordSources.Open(_folder["pairs.tsv"], new RecordSourceOptions { GroupByImage = false });

        Assert.NotEqual(grouped.Fingerprint, apart.Fingerprint);
    }

    /// <summary>
    /// The cache of decoded pictures goes by these numbers: one number for two pictures would train on the wrong one.
    /// </summary>
    [Fact]
    public void ImagesOfJoinedSourcesHaveNumbersOfTheirOwn()
    {
        _folder.Write("one.tsv", "filepath\ttitle\na.png\ta cat\nb.png\ta dog\na.png\ta tom\n");
        Shards.Tar(_folder, "x.tar", "1.jpg=same", "1.txt", "2.jpg=same", "2.txt", "3.jpg=third", "3.txt");
        Shards.Tar(_folder, "y.tar", "1.jpg=one", "1.txt", "2.jpg=two", "2.txt");

        foreach (var group in new[] { true, false })
        {
            using var records = RecordSources.Open(
                string.Join("::", new[] { "one.tsv", "x.tar", "y.tar" }.Select(name => _folder[name])),
                new RecordSourceOptions { GroupByImage = group });
            var images = Enumerable.Range(0, records.Count).GroupBy(records.ImageId, Name).ToArray();

            Assert.All(images, names => Assert.Single(names.Distinct()));
            if (group) Assert.Equal(images.Length, images.Select(names => names.First()).Distinct().Count());
            Assert.Equal(records.Count, records.Parts.Sum(part => part.Count));

            string Name(int record) => record < records.Parts[0].Count
                ? records.ImagePath(record)!
                : Path.GetFileName(records.Key(record)).Split(':')[0] + Shards.Image(records, record);
        }
    }

    private string Shard(string[] members, string name = "x.tar", RecordSourceOptions? options = null)
    {
        using var records = RecordSources.Open(Shards.Tar(_folder, name, members), options ?? new RecordSourceOptions());
        return records.Fingerprint;
    }

    private string Table(string[] rows) => Table(rows, "pairs.tsv");

    private string Table(string[] rows, string name)
    {
        using var records = RecordSources.Open(
            _folder.Write(name, $"filepath\ttitle\n{string.Join('\n', rows)}\n"), new RecordSourceOptions());
        return records.Fingerprint;
    }

    private static string Rows(params (string Image, string Caption)[] rows)
    {
        var data = new MLContext().Data.LoadFromEnumerable(
            rows.Select(row => new Row { Image = Encoding.UTF8.GetBytes(row.Image), Caption = row.Caption }));
        using var records = DataViewRecords.Read(data, nameof(Row.Image), nameof(Row.Caption));
        return records.Fingerprint;
    }

    private string Open(string names, double[]? factors)
    {
        using var records = RecordSources.Open(
            string.Join("::", names.Split("::").Select(name => _folder[name])), new RecordSourceOptions { UpsamplingFactors = factors });
        return records.Fingerprint;
    }

    private sealed class Row
    {
        public byte[] Image { get; set; } = [];

        public string Caption { get; set; } = "";
    }
}
