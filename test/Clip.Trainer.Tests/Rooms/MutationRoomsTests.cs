namespace Clip.Trainer.Tests.Rooms;

/// <summary>Every room of the code can be mutated, by tests that are there: test/mutation/rooms.tsv.</summary>
public sealed class MutationRoomsTests
{
    private static readonly string[][] Rows =
    [
        .. File.ReadAllLines(Path.Combine(DocsPages.Root, "test/mutation/rooms.tsv"))
            .Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row[0])];

    [Fact]
    public void EveryRoomIsInOne()
    {
        var missing = from project in RoomGraph.Projects()
                      from folder in Directory.GetDirectories(Path.Combine(DocsPages.Root, "src", project)).Select(Path.GetFileName)
                      where folder is not ("bin" or "obj") && Holds(Path.Combine(DocsPages.Root, "src", project, folder))
                      where !Rows.Any(row => row[1] == project
                          && (row[2] == "**/*.cs" || row[2].StartsWith($"**/{folder}/", StringComparison.Ordinal)))
                      select $"{project}/{folder}";
        Assert.Empty(missing);
        Assert.Equal(Rows.Length, Rows.Select(row => row[0]).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ItsTestsAreThere(string room)
    {
        var row = Rows.Single(one => one[0] == room);
        Assert.Equal(5, row.Length);
        var tests = Path.Combine(DocsPages.Root, "test", row[3]);
        Assert.Contains($"/{row[1]}.csproj", File.ReadAllText(Path.Combine(tests, row[3] + ".csproj")), StringComparison.Ordinal);
        string[] files =
        [
            .. Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories)
                .Select(file => $"/{Path.GetRelativePath(tests, file).Replace('\\', '/')}"),
        ];
        foreach (var condition in row[4].Split('|').Where(one => one.StartsWith("FullyQualifiedName~", StringComparison.Ordinal)))
        {
            // A namespace is a folder, and else a class is a file.
            var name = condition.Split('~')[1].Trim('.').Split('.')[^1];
            Assert.Contains(
                files, file => file.Contains($"/{name}/", StringComparison.Ordinal) || file.Contains($"/{name}", StringComparison.Ordinal));
        }
    }

    private static bool Holds(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any();
}
