using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

public sealed class ClassNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0", "cat")]
    [InlineData(" 1\n", "dog")]
    [InlineData("dog", "dog")]
    public void AClassIsANumberOrAName(string content, string expected) => Assert.Equal(expected, Known().Of(content));

    [Theory]
    [InlineData("2", "names 2, from 0")]
    [InlineData("-1", "names 2, from 0")]
    [InlineData("cow", "'cow' is not in")]
    [InlineData(" \n", "its class is empty")]
    public void AnotherIsRefused(string content, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Known().Of(content)).Message, StringComparison.Ordinal);

    [Fact]
    public void WithoutNamesEveryNameIsTaken_AndNoNumber()
    {
        Assert.Equal("cow", ClassNames.None.Of("cow"));
        var error = Assert.Throws<InvalidDataException>(() => ClassNames.None.Of("0"));
        Assert.Contains("no classnames.txt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheFileLiesBesideTheShardsOrAFolderHigher()
    {
        Assert.Null(ClassNames.Beside(_folder["wds/test/0.tar"]));
        _folder.Write("wds/classnames.txt", "cat\n\n dog \n");
        Assert.Equal(["cat", "dog"], ClassNames.Beside(_folder["wds/test/0.tar"])!.Names);
        _folder.Write("wds/test/classnames.txt", "cow\n");
        Assert.Equal(["cow"], ClassNames.Beside(_folder["wds/test/0.tar"])!.Names);
        Assert.Null(ClassNames.Beside(_folder["wds/test/deeper/still/0.tar"]));
    }

    private ClassNames Known()
    {
        _folder.Write("classnames.txt", "cat\ndog\n");
        return ClassNames.Beside(_folder["0.tar"])!;
    }
}
