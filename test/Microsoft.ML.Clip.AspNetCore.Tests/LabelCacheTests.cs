using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

/// <summary>The labels of requests are embedded once, and told apart by all that they are made of.</summary>
public sealed class LabelCacheTests : IAsyncLifetime
{
    private const int Kept = 64;

    private ClipApplication _application = null!;

    private LabelCache Cache => _application.Services.GetRequiredService<LabelCache>();

    public async Task InitializeAsync() => _application = await ClipApplication.StartAsync();

    public async Task DisposeAsync() => await _application.DisposeAsync();

    [Fact]
    public async Task OfManyOnesTheLatestUsedAreKept()
    {
        var first = await EmbedAsync(0);
        var second = await EmbedAsync(1);
        for (var i = 2; i < Kept; i++) await EmbedAsync(i);
        Assert.Same(first, await EmbedAsync(0));

        // One more than are kept: the one that was asked for longest ago goes.
        await EmbedAsync(Kept);
        Assert.Same(first, await EmbedAsync(0));
        Assert.NotSame(second, await EmbedAsync(1));
    }

    [Fact]
    public async Task ALineBreakInALabelMakesNoTwoOfIt()
    {
        string[] templates = ["{}"], broken = ["red\ngreen"], apart = ["red", "green"];
        Assert.Equal(broken, (await Cache.GetAsync(broken, templates, default)).Labels);
        Assert.Equal(apart, (await Cache.GetAsync(apart, templates, default)).Labels);
        // Nor does what a line break is written as.
        string[] written = [@"red\ngreen"];
        Assert.Equal(written, (await Cache.GetAsync(written, templates, default)).Labels);
    }

    [Fact]
    public async Task LabelsAndTemplatesAreNotMixedUp()
    {
        var alone = await Cache.GetAsync(["red", "green"], ["{}"], default);
        var ordered = await Cache.GetAsync(["green", "red"], ["{}"], default);
        var prompted = await Cache.GetAsync(["red", "green"], ["{}", "{} thing"], default);
        Assert.Equal(["green", "red"], ordered.Labels);
        Assert.Equal(alone[0].ToArray(), ordered[1].ToArray());
        Assert.NotEqual(alone[0].ToArray(), prompted[0].ToArray());
    }

    [Fact]
    public async Task MorePromptsThanTheServerEmbedsForAListAreRefused()
    {
        string[] labels = [.. Enumerable.Range(0, 101).Select(i => $"label {i}")], templates = [.. labels.Select(label => $"{label} {{}}")];

        var refused = await Assert.ThrowsAsync<ApiException>(() => Cache.GetAsync(labels, templates[1..], default));

        Assert.Equal((400, "101 labels in 100 templates are 10100 prompts; there may be 10000."), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task TheServersTemplatesAreTakenWhereARequestBringsNone()
    {
        string[] templates = ["a blue {}", "{} green"];
        await using var application = await ClipApplication.StartAsync(options => options.Templates = templates);
        object own = new { image = ClipApplication.DataUrl(1), labels = TinyFolder.Colors, templates };
        object none = new { image = ClipApplication.DataUrl(1), labels = TinyFolder.Colors };
        Assert.Equal($"{await application.AskAsync("classify", own)}", $"{await application.AskAsync("classify", none)}");
        Assert.NotEqual($"{await _application.AskAsync("classify", none)}", $"{await application.AskAsync("classify", none)}");
    }

    private Task<ClipLabelEmbeddings> EmbedAsync(int number) => Cache.GetAsync(["red", "blue"], [$"{{}} {number}"], default);
}
