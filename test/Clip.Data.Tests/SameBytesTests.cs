using System.Text;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests;

/// <summary>Images of the same bytes are found as if all had been read and compared.</summary>
public sealed class SameBytesTests
{
    /// <summary>Long ones too, which differ at either end and are alike in the middle that is looked at first.</summary>
    [Fact]
    public void EachImageHasTheFirstOfItsBytes() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 5]).Array[0, 9].Holds(drawn =>
        {
            var images = drawn
                .Select(one => Encoding.ASCII.GetBytes(new string('a', one.Item1) + new string('m', 300) + one.Item2)).ToArray();
            var expected = images.Select((image, i) =>
                IsLost(i) ? i : Enumerable.Range(0, images.Length).First(j => !IsLost(j) && images[j].SequenceEqual(image))).ToArray();

            var found = SameBytes.Find(images.Length, i => images[i].Length, (i, start, length) =>
                IsLost(i) ? throw new IOException("lost") : new ImageBytes(images[i], start, length, pooled: false));

            Assert.Equal(expected, found ?? Enumerable.Range(0, images.Length));
            Assert.Equal(expected.SequenceEqual(Enumerable.Range(0, images.Length)), found is null);

            // Of six one cannot be read: it is like no other.
            bool IsLost(int i) => drawn[i].Item3 == 0;
        });

    /// <summary>Of an image shorter than the sample, all of it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(1001)]
    public void NothingIsReadThatIsNotTheImages(int length)
    {
        var image = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();

        var found = SameBytes.Find(3, i => i == 2 ? 7 : length, (i, start, count) =>
        {
            Assert.InRange(start, 0, length);
            Assert.InRange(start + count, 0, length);
            return new ImageBytes(image, start, count, pooled: false);
        });

        Assert.Equal([0, 0, 2], found!);
    }
}
