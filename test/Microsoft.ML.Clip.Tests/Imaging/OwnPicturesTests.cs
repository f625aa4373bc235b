using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>The pictures of <c>test/Goldens</c>, every one in every configuration, bit for bit what Pillow and torchvision gave.</summary>
public sealed class OwnPicturesTests
{
    /// <summary>Formats that Pillow reads and this library by itself does not.</summary>
    private static readonly string[] NotRead =
        [".tif", ".tga", ".jp2", ".j2k", ".pcx", ".sgi", ".dds", ".xbm", ".msp", ".im"];

    public static TheoryData<string> Pictures() => [.. PictureGoldens.All.Where(IsRead)];

    public static TheoryData<string> OtherPictures() =>
        [.. PictureGoldens.All.Where(picture => NotRead.Contains(Path.GetExtension(picture)))];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void EveryConfigurationGivesEveryBit(string picture) =>
        Assert.Equal(PictureGoldens.Expected(picture), PictureGoldens.Actual(picture));

    [Theory]
    [MemberData(nameof(OtherPictures))]
    public void AFormatThatIsNotReadIsNamed(string picture)
    {
        var error = Assert.Throws<InvalidDataException>(() => PictureGoldens.Actual(picture));

        Assert.Contains("which is not among the formats read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyPicturesAreCompared() => Assert.InRange(PictureGoldens.All.Count(IsRead), 320, int.MaxValue);

    /// <summary>Its inks cannot be parted without an arithmetic decoder, which docs/exactness.md says.</summary>
    private static bool IsArithmeticCmyk(string picture) => picture.EndsWith("jpeg_cmykarith.jpg", StringComparison.Ordinal);

    private static bool IsRead(string picture) => !NotRead.Contains(Path.GetExtension(picture)) && !IsArithmeticCmyk(picture);
}
