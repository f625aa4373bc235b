using Clip.Data.Splitting;

namespace Clip.Data.Tests.Splitting;

public sealed class NameSplitTests
{
    [Theory]
    [InlineData("cat", "black cat")]
    [InlineData("cat", "cat with wry smile")]
    [InlineData("Cat", "cat!")]
    [InlineData("man", "kiss: man, man")]
    [InlineData("café", "café au lait")]
    public void ANameStaysWithOneThatContainsItsWords(string one, string other) =>
        Assert.Single(NameSplit.Groups([one, other]));

    [Theory]
    [InlineData("cat", "caterpillar")]
    [InlineData("red heart", "heart, red")]
    [InlineData("black cat", "black dog")]
    [InlineData("?", "!")]
    [InlineData("cafe", "café")]
    public void NamesThatDoNotContainOneAnotherArePartedByNothing(string one, string other) =>
        Assert.Equal(2, NameSplit.Groups([one, other]).Count);

    [Fact]
    public void GroupsGoOnThroughNamesBetween() =>
        Assert.Equal(
            [["big black cat", "black cat", "cat"], ["dog"]],
            NameSplit.Groups(["dog", "cat", "big black cat", "black cat"]).OrderBy(group => group[0], StringComparer.Ordinal));

    [Fact]
    public void AsManyAreHeldOutAsAskedForInWholeGroups()
    {
        string[] names = [.. Enumerable.Range(0, 100).Select(i => $"name{i}"), .. Enumerable.Range(0, 20).Select(i => $"name0 of {i}")];
        for (var seed = 0; seed < 20; seed++)
        {
            var held = NameSplit.HoldOut(names, 0.15, seed);

            Assert.Equal(18, held.Count);
            Assert.DoesNotContain("name0", held); // its group of 21 is more than 18
            Assert.DoesNotContain("name0 of 3", held);
        }
    }

    [Fact]
    public void TheSeedAloneDecidesWhichNotTheirOrder()
    {
        string[] names = [.. Enumerable.Range(0, 200).Select(i => $"name{i}")];

        Assert.Equal(NameSplit.HoldOut(names, 0.1, 1).Order(), NameSplit.HoldOut([.. names.Reverse()], 0.1, 1).Order());
        Assert.NotEqual(NameSplit.HoldOut(names, 0.1, 1).Order(), NameSplit.HoldOut(names, 0.1, 2).Order());

        string[][] pairs = [.. names.Chunk(2)];
        Assert.Equal(NameSplit.HoldOut(pairs, 0.1, 1).Order(), NameSplit.HoldOut([.. pairs.Reverse()], 0.1, 1).Order());
    }
}
