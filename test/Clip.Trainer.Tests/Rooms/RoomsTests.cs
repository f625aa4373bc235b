using System.Text;
using System.Xml.Linq;

namespace Clip.Trainer.Tests.Rooms;

/// <summary>
/// Holds the code to the order of its rooms, and the picture of them in docs/architecture.md to the code. With CLIP_WRITE_DOCS=1 in the
/// environment the picture is written instead of compared.
/// </summary>
public sealed class RoomsTests
{
    private const string Page = "docs/architecture.md", Language = "rooms";

    private static readonly Lazy<IReadOnlyDictionary<string, RoomGraph>> Graphs =
        new(() => RoomGraph.Projects().ToDictionary(project => project, RoomGraph.Of));

    public static TheoryData<string> Projects => [.. RoomGraph.Projects().Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_project_has_its_place() => Assert.Equal(
        RoomGraph.Projects().Order(StringComparer.Ordinal),
        ProjectRooms.All.Select(project => project.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_folder_has_its_place(string project) => Assert.Equal(
        Graphs.Value[project].Rooms,
        Rooms(project).Rooms.Select(room => room.Folder).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_room_uses_only_those_below_it(string project)
    {
        var (order, exceptions) = (Order(project), Rooms(project).Exceptions);

        var upward = Graphs.Value[project].Uses
            .Where(use => order.IndexOf(use.From) > order.IndexOf(use.To) && !exceptions.Contains(Arrow(use)))
            .Select(use => $"{Arrow(use)}: {use.Type} uses {use.Used}");

        Assert.Empty(upward);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_exception_goes_with_its_cause(string project)
    {
        var order = Order(project);
        var upward = Graphs.Value[project].Uses.Where(use => order.IndexOf(use.From) > order.IndexOf(use.To)).Select(Arrow).ToHashSet();

        Assert.All(Rooms(project).Exceptions, exception => Assert.Contains(exception, upward));
    }

    [Fact]
    public void The_picture_in_the_docs_is_the_codes()
    {
        var picture = Picture();
        var block = Assert.Single(DocsPages.Blocks(Page, Language));
        if (Environment.GetEnvironmentVariable("CLIP_WRITE_DOCS") != "1")
        {
            Assert.Equal(picture, block.Text);
            return;
        }

        var file = Path.Combine(DocsPages.Root, Page);
        File.WriteAllText(file, File.ReadAllText(file).Replace($"```{Language}\n{block.Text}\n```", $"```{Language}\n{picture}\n```"));
    }

    /// <summary>Every project with what it references, every room with what it uses.</summary>
    private static string Picture()
    {
        var text = new StringBuilder();
        foreach (var project in ProjectRooms.All)
        {
            var references = References(project.Name);
            text.Append($"src/{project.Name}/  {project.Purpose}\n");
            if (references.Count > 0) text.Append($"    references {string.Join(", ", references)}\n");
            if (project.Rooms.Count == 1) continue;
            foreach (var room in project.Rooms)
            {
                var used = Graphs.Value[project.Name].Uses.Where(use => use.From == room.Folder).Select(use => use.To).ToHashSet();
                var (above, below) = (project.Rooms.TakeWhile(r => r != room), project.Rooms.SkipWhile(r => r != room));
                text.Append($"    {room.Folder,-20}{room.Purpose}\n");
                Arrow("→", below);
                Arrow("⇡", above);

                void Arrow(string arrow, IEnumerable<Room> rooms)
                {
                    var names = string.Join(", ", rooms.Select(r => r.Folder).Where(used.Contains));
                    if (names.Length > 0) text.Append($"    {"",-20}{arrow} {names}\n");
                }
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    private static IReadOnlyList<string> References(string project)
    {
        var file = XDocument.Load(Path.Combine(DocsPages.Root, "src", project, $"{project}.csproj"));
        return
        [
            .. file.Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static ProjectRooms Rooms(string project) => ProjectRooms.All.Single(rooms => rooms.Name == project);

    private static List<string> Order(string project) => [.. Rooms(project).Rooms.Select(room => room.Folder)];

    private static string Arrow(RoomUse use) => $"{use.From} → {use.To}";
}
