using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>Every C# block of every page compiles without a warning and runs. Alone, for they print and have a current directory.</summary>
[Collection(nameof(DocsSnippetTests))]
[CollectionDefinition(nameof(DocsSnippetTests), DisableParallelization = true)]
public sealed class DocsSnippetTests : IDisposable
{
    private readonly DocsStage _stage = new();

    public void Dispose() => _stage.Dispose();

    public static TheoryData<string> Programs() => [.. All().Where(p => !p.IsWeb && !p.IsGlobal).Select(p => p.Name)];

    [Fact]
    public void WhatChangesTheProcessCompiles() => Assert.All(All().Where(p => p.IsGlobal), p => p.Compile());

    [Theory]
    [MemberData(nameof(Programs))]
    public void ItRunsAndPrints(string name) => Assert.NotEqual("", All().Single(p => p.Name == name).Run());

    [Fact]
    public void TheReadmesClassifierNamesThePicture() =>
        Assert.Matches(@"^rex\.jpg: (cat|dog|car) \(\d+ ?%\)", DocsProgram.Of("README.md").First().Run());

    [Fact]
    public void TheFeaturesGuideLearnsCatsFromDogs()
    {
        var printed = DocsProgram.Of("docs/features-and-trainers.md").First().Run();
        Assert.Contains("accuracy 100", printed, StringComparison.Ordinal);
        Assert.Contains("rex.jpg: dog", printed, StringComparison.Ordinal);
    }

    private static IEnumerable<DocsProgram> All() => DocsPages.All().SelectMany(DocsProgram.Of);
}
