using System.Net;
using Clip.Cli.Commands;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Serving;

/// <summary>What <c>clip serve</c> makes of its options: each sets its own, and nothing else.</summary>
public sealed class ServeOptionsTests : IDisposable
{
    private const string Key = "a-key-of-sixteen-or-more";

    /// <summary>An option, and what is different with it.</summary>
    private static readonly Dictionary<string, string> Rows = new()
    {
        ["--model some/model"] = "Model some/model",
        ["--index {index}"] = "IndexPath {index}, Model of/the-index",
        ["--labels emu gnu"] = "Labels emu|gnu",
        ["--templates one{}"] = "Templates one{}",
        ["--listen ::1"] = "Address ::1",
        ["--port 8099"] = "Port 8099",
        [$"--api-key {Key}"] = $"ApiKey {Key}",
        ["--max-batch 17"] = "MaxBatchSize 17",
        ["--batch-delay 1.5"] = "BatchDelay 00:00:00.0015000",
        ["--queue 19"] = "QueueLimit 19",
        ["--cache-optimized-graph"] = "CacheOptimizedGraph True",
    };

    private readonly TempFolder _folder = new();

    public ServeOptionsTests()
    {
        using var index = ClipImageIndex.Create(_folder["index"], "a fingerprint", 8, "of/the-index");
        index.Save();
    }

    public static TheoryData<string> Given => [.. Rows.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Given))]
    public void AnOptionSetsItsOwn(string given)
    {
        var (before, after) = (Told(""), Told(given.Replace("{index}", _folder["index"], StringComparison.Ordinal)));
        var changed = after.Where(setting => before[setting.Key] != setting.Value).Select(setting => $"{setting.Key} {setting.Value}");
        Assert.Equal(Rows[given], string.Join(", ", changed).Replace(_folder["index"], "{index}", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryOptionHasARow() => Assert.Equal(
        new ServeOptions().All.Select(option => option.Name).Order(StringComparer.Ordinal),
        Rows.Keys.Select(given => given.Split(' ')[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void WithoutAnyTheyAreTheLibrarysOwn()
    {
        var (told, library) = (Told(""), new ClipServerOptions());
        Assert.Equal($"{library.MaxBatchSize} {library.BatchDelay} {library.QueueLimit}",
            $"{told["MaxBatchSize"]} {told["BatchDelay"]} {told["QueueLimit"]}");
        Assert.Equal(($"{IPAddress.Loopback}", "8080", ""), (told["Address"], told["Port"], told["ApiKey"]));
        Assert.Equal(PromptTemplates.Default, told["Templates"].Split('|'));
    }

    [Fact]
    public void AModelThatIsGivenIsNotTheIndexs() =>
        Assert.Equal("some/model", Told($"--index {_folder["index"]} --model some/model")["Model"]);

    /// <summary>All that a server is told.</summary>
    private static SortedDictionary<string, string> Told(string given)
    {
        var options = new ServeOptions();
        var command = new System.CommandLine.Command("serve");
        foreach (var option in options.All) command.Options.Add(option);
        var parsed = command.Parse(given);
        Assert.Empty(parsed.Errors);
        var settings = options.Parse(parsed);
        var library = new ClipServerOptions();
        settings.Configure(library);
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Model"] = settings.Folder,
            ["Address"] = $"{settings.Address}",
            ["Port"] = $"{settings.Port}",
            ["ApiKey"] = settings.ApiKey ?? "",
            ["IndexPath"] = library.IndexPath ?? "",
            ["Labels"] = string.Join('|', library.Labels),
            ["Templates"] = string.Join('|', library.Templates),
            ["MaxBatchSize"] = $"{library.MaxBatchSize}",
            ["BatchDelay"] = $"{library.BatchDelay}",
            ["QueueLimit"] = $"{library.QueueLimit}",
            ["CacheOptimizedGraph"] = $"{library.Model.Session.CacheOptimizedGraph}",
        };
    }
}
