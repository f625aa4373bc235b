using System.Globalization;
using Clip.Data.Sources;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests.Sources;

/// <summary>Names of shards in braces mean what they mean in bash and to webdataset.</summary>
public sealed class ShardPatternTests
{
    [Theory]
    [InlineData("{9..010}", "009 010")]
    [InlineData("{010..9}", "010 009")]
    [InlineData("{0..10..5}", "0 5 10")] // a nought alone is no leading one
    [InlineData("{10..0..5}", "10 5 0")]
    [InlineData("{00..2}", "00 01 02")]
    [InlineData("{0..2}", "0 1 2")]
    [InlineData("{1..1}", "1")]
    [InlineData("{1..7..3}", "1 4 7")]
    [InlineData("{1..8..3}", "1 4 7")]
    [InlineData("{7..1..3}", "7 4 1")]
    [InlineData("{1..2..0}", "1 2")]
    [InlineData("{a,b}{1..2}.{tar}", "a1.{tar} a2.{tar} b1.{tar} b2.{tar}")]
    [InlineData("{,x}y", "y xy")]
    [InlineData("a{b..c}", "a{b..c}")]
    public void BracesExpandAsBashs(string pattern, string expected) => Assert.Equal(Names(expected), ShardPattern.Expand(pattern));

    [Fact]
    public void ARangeNamesItsNumbersInTheirWidthAndOrder() =>
        Gen.Select(Gen.Int[0, 120], Gen.Int[0, 120], Gen.Int[1, 7], Gen.Int[0, 4]).Holds(drawn =>
        {
            var (from, to, step, width) = drawn;
            var written = Written(from);
            var padding = written.Length > 1 && written[0] == '0' ? Math.Max(width, Written(to).Length) : 0;
            var expected = new List<string>();
            for (var number = from; from <= to ? number <= to : number >= to; number += from <= to ? step : -step)
                expected.Add(number.ToString(CultureInfo.InvariantCulture).PadLeft(padding, '0'));

            Assert.Equal(expected, ShardPattern.Expand($"{{{written}..{to.ToString(CultureInfo.InvariantCulture)}..{step}}}"));

            string Written(int number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(number == from ? width : 0, '0');
        });

    private static string[] Names(string list) => list.Split(' ');
}
