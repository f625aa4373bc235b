using Clip.Evaluation;
using Clip.Evaluation.Report;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Clip.Experiments.Reporting;
using Microsoft.Playwright;

namespace Clip.Pages.Tests.Reports;

/// <summary>The page of an experiment: what was tried, what more pictures would bring, what is wrong with the data.</summary>
public sealed class ExperimentReportTests(Chromium chromium, ExperimentReportTests.Written written)
    : IClassFixture<Chromium>, IClassFixture<ExperimentReportTests.Written>
{
    private static readonly string[] Parts = ["Leaderboard", "Learning curve", "Data", "Thresholds", "Label next"];

    [SkippableFact]
    public async Task Shows_the_leaderboard_first_and_the_winner_s_pictures_too()
    {
        await using var tab = await OpenAsync(written.Pictures);

        Assert.Equal(
            [.. Parts, "Pictures", "Classes", "Confusions", "Calibration", "Map", "Numbers", "What was run"],
            await tab.Page.GetByRole(AriaRole.Tab).AllInnerTextsAsync());
        Assert.Equal(4, await tab.Page.Locator("#leaderboard tbody tr").CountAsync());
        var first = await tab.Page.Locator("#leaderboard tr.first").InnerTextAsync();
        Assert.Contains("linear probe", first);
        Assert.Contains("L2 0.01 · image mirrored", first);
        Assert.Matches(@"95\.8\u00a0%\s*± 1\.2", first);
        await tab.Page.Locator("#tab-curve").ClickAsync();
        Assert.Contains("With 32 pictures a class expect about", await tab.Page.Locator("#curve").InnerTextAsync());
        Assert.Equal(5, await tab.Page.Locator("#curve .dot").CountAsync());
        Assert.Equal(2, await tab.Page.Locator("#curve .guess").CountAsync());
        Assert.Empty(tab.Errors);
    }

    [SkippableFact]
    public async Task Shows_the_pictures_of_data_problems()
    {
        await using var tab = await OpenAsync(written.Pictures);
        await tab.Page.Locator("#tab-data").ClickAsync();
        var data = tab.Page.Locator("#data");

        Assert.Equal(
            ["2 labels are likely wrong", "2 sets of pictures that are nearly the same", "1 of these sets has different labels",
                "1 pair of classes looks alike", "1 file cannot be read"],
            await data.Locator(".tally li").AllInnerTextsAsync());
        var suspect = data.Locator(".shots").First.Locator("li").First;
        Assert.Contains("red circle", await suspect.InnerTextAsync());
        Assert.Contains("red square", await suspect.InnerTextAsync());
        var thumbnail = suspect.GetByRole(AriaRole.Img, new() { Name = "red circle/00000.png" });
        Assert.True(await thumbnail.IsVisibleAsync());
        // A name is not broken for being behind another one.
        var heights = await data.Locator(".shots b").EvaluateAllAsync<float[]>("all => all.map(one => one.getBoundingClientRect().height)");
        Assert.All(heights, height => Assert.InRange(height, 1, 30));
        Assert.StartsWith("url(\"blob:", await thumbnail.EvaluateAsync<string>("node => node.style.backgroundImage"));
        // Sets with different labels come first.
        Assert.Contains("different labels", await data.Locator(".pairs").First.Locator("li").First.InnerTextAsync());
        Assert.Contains("broken.png", await data.Locator(".facts").InnerTextAsync());
        Assert.Contains("keep the groups", await data.InnerTextAsync());
    }

    [SkippableFact]
    public async Task Shows_thresholds_and_what_to_label_next()
    {
        await using var tab = await OpenAsync(written.Pictures);
        await tab.Page.Locator("#tab-thresholds").ClickAsync();
        var rows = tab.Page.Locator("#thresholds tbody tr");

        Assert.Equal(5, await rows.CountAsync());
        Assert.Contains("100.0\u00a0%", await rows.First.InnerTextAsync());
        await tab.Page.Locator("#tab-next").ClickAsync();
        Assert.Equal(6, await tab.Page.Locator("#next ol > li .thumb").CountAsync());
        Assert.Contains("blue circle 41.0\u00a0%", await tab.Page.Locator("#next li").First.InnerTextAsync());
    }

    [SkippableFact]
    public async Task Texts_stand_in_for_pictures()
    {
        await using var tab = await OpenAsync(written.Texts);

        Assert.Equal(
            ["Leaderboard", "Learning curve", "Data", "Thresholds", "Classes", "What was run"],
            await tab.Page.GetByRole(AriaRole.Tab).AllInnerTextsAsync());
        await tab.Page.Locator("#tab-data").ClickAsync();
        Assert.Contains("the parcel number 0 <never> came", await tab.Page.Locator("#data q").First.InnerTextAsync());
        Assert.Equal(0, await tab.Page.Locator(".thumb").CountAsync());
        Assert.Empty(await tab.AxeAsync());
        Assert.Empty(tab.Errors);
    }

    [SkippableTheory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task Axe_finds_nothing_and_nothing_sticks_out(int width, bool isDark)
    {
        await using var tab = await chromium.OpenAsync(width, width < 600 ? 844 : 900, isDark);
        await tab.OpenFileAsync(written.Pictures);

        foreach (var part in Parts)
        {
            await tab.Page.GetByRole(AriaRole.Tab, new() { Name = part, Exact = true }).ClickAsync();
            var name = part.Replace(' ', '-').ToLowerInvariant();
            await tab.ShootAsync($"experiment-{name}-{width}-{(isDark ? "dark" : "light")}", isWhole: true);
            Assert.Empty(await tab.AxeAsync());
            var overhang = await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
            Assert.True(overhang <= 0, $"{part} sticks out of the window by {overhang} pixels");
        }

        Assert.Empty(tab.Errors);
        Assert.All(tab.Requests, address => Assert.Matches("^(file|data|blob):", address));
    }

    private async Task<Tab> OpenAsync(string file)
    {
        var tab = await chromium.OpenAsync();
        await tab.OpenFileAsync(file);
        return tab;
    }

    /// <summary>The reports, written once.</summary>
    public sealed class Written : IDisposable
    {
        private readonly TempFolder _folder = new();

        public Written()
        {
            (Pictures, Texts) = (_folder["pictures.html"], _folder["texts.html"]);
            OfPictures().Write(Pictures);
            OfTexts().Write(Texts);
        }

        /// <summary>An experiment on pictures, with everything that may be wrong.</summary>
        public string Pictures { get; }

        /// <summary>An experiment on texts.</summary>
        public string Texts { get; }

        public void Dispose() => _folder.Dispose();

        private static ExperimentReport OfPictures()
        {
            var set = Painted.Set("shapes", 120, models: 1, edge: 96);
            int[] labels = [.. set.Right!.Select(right => right[0])];
            var unlabeled = Painted.Set("more", 12, models: 1, edge: 96);
            return new ExperimentReport
            {
                Name = "shapes",
                Model = "tiny-clip",
                Classes = Painted.Labels,
                Labels = labels,
                Images = [.. set.Pictures.Select(Stored)],
                Texts = new string?[labels.Length],
                Features = set.Runs[0].Embeddings!,
                Probabilities = [.. labels.Select((label, row) => Probabilities(label, row))],
                Trials =
                [
                    Trial(1, "linear probe", "L2 0.01", "image mirrored", 0.958, 0.012),
                    Trial(2, "prompts + class means", "0.6 of the prompts", "image", 0.955, 0.018),
                    Trial(3, "k-NN", "k = 5", "image", 0.931, 0.02),
                    Trial(4, "zero-shot", "photo prompts", "image", 0.792, 0.031),
                ],
                Curve = [new(1, 0.71, 0.03), new(2, 0.8, 0.025), new(4, 0.87, 0.02), new(8, 0.92, 0.015), new(16, 0.952, 0.012)],
                Problems = new ClipDataProblems
                {
                    SuspectLabels = [new(0, 0, 1, 0.93, 0.04), new(7, 1, 0, 0.81, 0.15)],
                    Duplicates = [new([2, 8, 14], false, true), new([3, 4], true, false)],
                    LookAlikes = [new(2, 3, [2, 9, 14, 20], 0.1)],
                    Unreadable = [new("red circle/broken.png", "The file is empty.")],
                    GroupLeak = new(0.98, 0.81, [5]),
                },
                UnlabeledImages = [.. unlabeled.Pictures.Select(Stored)],
                UnlabeledTexts = new string?[12],
                UnlabeledProbabilities = [.. Enumerable.Range(0, 12).Select(row => Probabilities(row % 6, 3 * row))],
                Suggestions = [.. Enumerable.Range(0, 6).Select(i => new ClipSuggestion(2 * i, $"more/{2 * i}.png", 4, 5, 0.41, 0.39))],
                Facts = [new("Command", [("command", "clip experiment classify --data shapes --minutes 5")])],
            };

            static StoredImage Stored(ReportedPicture picture) => new() { ImagePath = picture.Name, Content = picture.Read };
        }

        private static ExperimentReport OfTexts()
        {
            int[] labels = [.. Enumerable.Range(0, 20).Select(row => row % 2)];
            return new ExperimentReport
            {
                Name = "letters",
                Model = "tiny-clip",
                Classes = ["complaint", "praise"],
                Labels = labels,
                Images = new StoredImage?[20],
                Texts = [.. labels.Select((label, row) => label == 0 ? $"the parcel number {row} <never> came" : $"thank you {row} times")],
                Probabilities = [.. labels.Select((label, row) => label == 0 == row > 3 ? new[] { 0.9f, 0.1f } : [0.2f, 0.8f])],
                Trials = [Trial(1, "k-NN", "k = 5", "text", 0.9, 0.02)],
                Curve = [new(1, 0.71, 0.03)],
                Problems = new ClipDataProblems { SuspectLabels = [new(0, 0, 1, 0.8, 0.2)] },
            };
        }

        private static ClipTrial Trial(int rank, string candidate, string settings, string features, double accuracy, double error) =>
            new(candidate, settings, features, accuracy, error, accuracy - 0.01, error) { Rank = rank, Seconds = 0.4 };

        private static float[] Probabilities(int label, int row)
        {
            var sure = 0.5f + row % 10 * 0.045f;
            var best = row % 13 == 5 ? (label + 1) % 6 : label;
            return [.. Enumerable.Range(0, 6).Select(other => other == best ? sure : (1 - sure) / 5)];
        }
    }
}
