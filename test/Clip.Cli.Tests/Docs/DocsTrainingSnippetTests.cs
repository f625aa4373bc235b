using Microsoft.ML.Clip.Tests.Docs;

namespace Clip.Cli.Tests.Docs;

/// <summary>The pages' C# that trains compiles. It is not run: that takes data and time.</summary>
public sealed class DocsTrainingSnippetTests
{
    public static TheoryData<string> Programs() => [.. All().Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Programs))]
    public void It_compiles(string name) => All().Single(p => p.Name == name).Compile();

    private static IEnumerable<DocsProgram> All() => DocsPages.All().SelectMany(DocsProgram.Of).Where(p => p.Trains);
}
