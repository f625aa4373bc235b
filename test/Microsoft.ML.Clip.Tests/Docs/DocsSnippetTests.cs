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

    /// <summary>What the first example prints is told below it, of the quickstart's model; here it is another model's.</summary>
    [Fact]
    public void TheReadmesFirstExamplePrintsWhatIsToldBelowIt()
    {
        var told = DocsPages.Blocks("README.md", "text").First().Text.Split('\n');
        var printed = DocsProgram.Of("README.md").First().Run().TrimEnd().Split('\n');
        Assert.Equal(told.Length, printed.Length);
        Assert.All(told.Concat(printed), line => Assert.Matches(@"^quickstart/data/test/0000\d\.png: [a-z ]+ \(\d+ ?%\)$", line));
    }

    [Fact]
    public void TheReadmesPhotographIsNamed() =>
        Assert.Matches(@"^rex\.jpg: (cat|dog|car) \(\d+ ?%\)", DocsProgram.Of("README.md").ElementAt(1).Run());

    [Fact]
    public void TheFeaturesGuideLearnsCatsFromDogs()
    {
        var printed = DocsProgram.Of("docs/features-and-trainers.md").First().Run();
        Assert.Contains("accuracy 100", printed, StringComparison.Ordinal);
        Assert.Contains("rex.jpg: dog", printed, StringComparison.Ordinal);
    }

    private static IEnumerable<DocsProgram> All() => DocsPages.All().SelectMany(DocsProgram.Of).Where(p => !p.Trains);
}
