using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Loader;

namespace Clip.Trainer.Tests.Rooms;

/// <summary>A use of one room by another.</summary>
/// <param name="From">The room of the type that uses.</param>
/// <param name="To">The room of the type that is used.</param>
/// <param name="Type">The type that uses.</param>
/// <param name="Used">The type that is used.</param>
internal sealed record RoomUse(string From, string To, string Type, string Used);

/// <summary>What the folders of each project use of each other, as the compiled code has it.</summary>
internal sealed class RoomGraph
{
    /// <summary>The room of the files that lie in a project's own folder.</summary>
    public const string Root = ".";

    private RoomGraph(IReadOnlyList<string> rooms, IReadOnlyList<RoomUse> uses) => (Rooms, Uses) = (rooms, uses);

    /// <summary>The folders with code, relative to the project.</summary>
    public IReadOnlyList<string> Rooms { get; }

    /// <summary>Every use of a type in another room of the project; what the compiler copies, constants, is no use.</summary>
    public IReadOnlyList<RoomUse> Uses { get; }

    /// <summary>Reads a project's graph off its assembly.</summary>
    /// <param name="project">A folder of <c>src</c>.</param>
    public static RoomGraph Of(string project)
    {
        var source = $"/src/{project}/";
        var file = Path.Combine(AppContext.BaseDirectory, $"{AssemblyName(project)}.dll");
        Assert.True(File.Exists(file), $"{file} is not there; let this test's project reference {project}.");
        var rooms = SourceFolders.Of(file).ToDictionary(type => type.Key, type => Room(type.Value, source));
        var assembly = System.Reflection.Assembly.LoadFrom(file);
        var architecture = new ArchLoader().LoadAssembly(assembly).Build();
        var uses = architecture.Types
            .SelectMany(type => type.Dependencies.Select(use => (From: Outer(type), To: Outer(use.Target))))
            .Distinct()
            .Where(use => rooms.ContainsKey(use.From) && rooms.ContainsKey(use.To) && rooms[use.From] != rooms[use.To])
            .Select(use => new RoomUse(rooms[use.From], rooms[use.To], use.From, use.To));
        return new RoomGraph([.. rooms.Values.Distinct().Order(StringComparer.Ordinal)], [.. uses]);
    }

    /// <summary>The projects of <c>src</c>.</summary>
    public static IEnumerable<string> Projects() => Directory.GetDirectories(Path.Combine(DocsPages.Root, "src"))
        .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any())
        .Select(folder => Path.GetFileName(folder));

    private static string AssemblyName(string project) => project == "Clip.Cli" ? "clip" : project;

    private static string Room(string file, string source)
    {
        var start = file.LastIndexOf(source, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{file} is not in {source}.");
        return Path.GetDirectoryName(file[(start + source.Length)..]) is { Length: > 0 } folder ? folder.Replace('\\', '/') : Root;
    }

    /// <summary>The name of the type, without those that are nested in it and without its type arguments' number.</summary>
    private static string Outer(IType type) => type.FullName.Split('+', '<')[0];
}
