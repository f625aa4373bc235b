using System.Security.Cryptography;
using System.Text;
using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>The names of classes that come with the library are the published ones: another spelling is another accuracy.</summary>
public sealed class ClassListsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    /// <summary>To the letter and in the order of openai/CLIP's files: how many there are, and the SHA-256 of the lines.</summary>
    [Theory]
    [InlineData("imagenet", 1000, "51b5b1d8b800502030c5556e", "n01440764 tench", "n15075141 toilet paper")]
    [InlineData("flowers102", 102, "5429e1ef6e0e5aa3db225825", "pink primrose", "blackberry lily")]
    public void AListIsThePublishedOne(string name, int count, string sha256, string first, string last)
    {
        var lines = ClassLists.Read(name);

        Assert.Equal((count, first, last), (lines.Count, lines[0], lines[^1]));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        Assert.StartsWith(sha256, Convert.ToHexStringLower(hash), StringComparison.Ordinal);
    }

    /// <summary>The later of two that share a name has its identifier beside it.</summary>
    [Fact]
    public void AClassOfImageNetStandsAtItsNumber()
    {
        _on.Paint("val/n01440764/a.JPEG");

        var labels = _on.Load("imagenet").Labels;

        Assert.Equal(
            [
                "tench", "stingray", "crane bird", "construction crane", "missile", "missile (n04008634)", "sunglasses",
                "sunglasses (n04356056)", "toilet paper",
            ],
            new[] { 0, 6, 134, 517, 657, 744, 836, 837, 999 }.Select(number => labels[number]));
    }

    [Fact]
    public void EuroSatsTenFoldersHaveTheNamesOfClipsAuthors()
    {
        (string Folder, string Name)[] classes =
        [
            ("AnnualCrop", "annual crop land"), ("Forest", "forest"), ("HerbaceousVegetation", "brushland or shrubland"),
            ("Highway", "highway or road"), ("Industrial", "industrial buildings or commercial buildings"), ("Pasture", "pasture land"),
            ("PermanentCrop", "permanent crop land"), ("Residential", "residential buildings or homes or apartments"), ("River", "river"),
            ("SeaLake", "lake or sea"),
        ];
        _on.Paint([.. classes.Select(c => $"{c.Folder}/{c.Folder}_1.jpg")]);

        var all = _on.Load("eurosat");

        Assert.Equal(classes.Select(c => $"{c.Folder}/{c.Folder}_1.jpg: {c.Name}"), _on.Rows(all));
        Assert.Equal(classes.Select(c => c.Name), all.Labels);

        _on.Paint("Desert/Desert_1.jpg");
        Assert.Equal($"EuroSAT has no class 'Desert', the name of a folder in {_on.Path}; take the folder away.", _on.Error("eurosat"));
    }

    /// <summary>Folders that CLIP's authors call otherwise, one with two blanks as published; in others an underscore is a blank.</summary>
    [Fact]
    public void CaltechsFoldersHaveTheNamesOfClipsAuthors()
    {
        (string Folder, string Name)[] classes =
        [
            ("BACKGROUND_Google", "background"), ("Faces", "off-center face"), ("Faces_easy", "centered face"), ("Leopards", "leopard"),
            ("Motorbikes", "motorbike"), ("airplanes", "airplane"), ("car_side", "side of a car"), ("cougar_body", "body of a cougar cat"),
            ("cougar_face", "face of a cougar cat"), ("crocodile_head", "head of a  crocodile"), ("flamingo_head", "head of a flamingo"),
            ("inline_skate", "inline skate"), ("snoopy", "snoopy (cartoon beagle)"), ("yin_yang", "yin and yang symbol"),
        ];
        _on.Paint([.. classes.Select(c => $"101_ObjectCategories/{c.Folder}/image_0001.jpg")]);

        var all = _on.Load("caltech101");

        Assert.Equal(classes.Select(c => c.Name), all.Labels);
        Assert.Equal(classes.Select(c => $"101_ObjectCategories/{c.Folder}/image_0001.jpg: {c.Name}"), _on.Rows(all));
    }
}
