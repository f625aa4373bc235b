using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Clip.Conversion.Checkpoints;
using Clip.Evaluation;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using SkiaSharp;

namespace Clip.Trainer.Reporting;

/// <summary>
/// <c>training.html</c>: a run on one page that asks nothing of a network. Facts, curves of everything in <c>metrics.jsonl</c>, and
/// a batch of validation pairs with the similarity of each picture to each text.
/// </summary>
internal sealed class TrainingPage : IRunListener
{
    public const string FileName = "training.html";

    private const string Style =
        """
        body { font-family: sans-serif; max-width: 1200px; margin: 2em auto; padding: 0 1em; color: #222; }
        h1 { font-weight: normal; } table { border-collapse: collapse; } td, th { padding: 2px 8px; text-align: left; }
        .facts td:first-child { color: #777; } .charts { display: flex; flex-wrap: wrap; gap: 8px; }
        .matrix td { width: 44px; height: 44px; text-align: center; font-size: 11px; padding: 0; }
        .matrix img { width: 44px; height: 44px; display: block; image-rendering: auto; }
        .matrix .own { outline: 2px solid #222; outline-offset: -2px; } .matrix .number { color: #777; } ol { columns: 2; }
        """;

    public void Start(RunStart start)
    {
    }

    public void Step(StepReport step)
    {
    }

    public void Validation(ValidationReport validation)
    {
    }

    public void End(RunEnd end)
    {
        var series = MetricsLog.Read(Path.Combine(end.Folder, MetricsLog.FileName));
        AtomicFile.WriteText(Path.Combine(end.Folder, FileName), Html(end, series));
    }

    public void Dispose()
    {
    }

    private static string Html(RunEnd end, Dictionary<string, List<(long Step, double Value)>> series)
    {
        var html = new StringBuilder();
        html.Append(
            CultureInfo.InvariantCulture,
            $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(end.Title)}</title>");
        html.Append(
            CultureInfo.InvariantCulture, $"<style>{Style}</style></head>\n<body><h1>{Text(end.Title)}</h1>\n<table class=\"facts\">");
        foreach (var (name, value) in end.Facts)
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(name)}</td><td>{Text(value)}</td></tr>");
        html.Append("</table>\n<h2>Curves</h2>\n<div class=\"charts\">");
        var number = 0;
        foreach (var (title, curves) in Charts(series)) html.Append(CurveChart.Svg($"chart{number++}-", title, curves)).Append('\n');
        html.Append("</div>\n");
        if (end.Sample is { } sample) Pairs(html, sample);
        else html.Append(CultureInfo.InvariantCulture, $"<p>{Text(end.WithoutSample)}</p>");
        return html.Append("</body></html>\n").ToString();
    }

    /// <summary>What belongs together shares a chart: both losses, recalls of one direction, accuracies of one data set.</summary>
    private static IEnumerable<(string Title, List<(string Name, IReadOnlyList<(long Step, double Value)> Points)> Curves)> Charts(
        Dictionary<string, List<(long Step, double Value)>> series) =>
        series.Where(s => s.Key is not ("epoch" or "seconds") && s.Value.Count > 0)
            .GroupBy(s => TitleOf(s.Key))
            .Select(g => (g.Key, g.Select(s => (s.Key, (IReadOnlyList<(long, double)>)s.Value)).ToList()));

    private static string TitleOf(string name) => name switch
    {
        "loss" or "clip_val_loss" => "loss",
        _ when name.Contains("_R@", StringComparison.Ordinal) => name[..name.IndexOf("_R@", StringComparison.Ordinal)],
        _ when name.Contains("-zeroshot-", StringComparison.Ordinal) => name[..name.LastIndexOf('-')],
        _ => name,
    };

    private static void Pairs(StringBuilder html, PairSample sample)
    {
        var count = sample.Texts.Count;
        html.Append(
            "<h2>Validation pairs</h2>\n<p>Cosine of each picture (row) and text (column); a pair's own is framed.</p>\n"
            + "<table class=\"matrix\"><tr><td></td>");
        for (var j = 0; j < count; j++) html.Append(CultureInfo.InvariantCulture, $"<td class=\"number\">{j + 1}</td>");
        html.Append("</tr>\n");
        float least = sample.Similarities.Min(), most = sample.Similarities.Max();
        for (var i = 0; i < count; i++)
        {
            var png = Convert.ToBase64String(Png(sample, i));
            html.Append(
                CultureInfo.InvariantCulture, $"<tr><td><img alt=\"{Text(sample.Texts[i])}\" src=\"data:image/png;base64,{png}\"></td>");
            for (var j = 0; j < count; j++)
            {
                var cosine = sample.Similarities[i * count + j];
                var shade = most > least ? (cosine - least) / (most - least) : 0;
                var own = i == j ? " class=\"own\"" : "";
                html.Append(
                    CultureInfo.InvariantCulture, $"<td{own} style=\"background:rgba(31,119,180,{0.8 * shade:F2})\">{cosine:F2}</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</table>\n<ol>");
        foreach (var text in sample.Texts) html.Append(CultureInfo.InvariantCulture, $"<li>{Text(text)}</li>");
        html.Append("</ol>\n");
    }

    private static byte[] Png(PairSample sample, int index)
    {
        var size = sample.ImageSize;
        using var bitmap = new SKBitmap(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var rgb = sample.Rgb.AsSpan(index * size * size * 3, size * size * 3);
        var rgba = new byte[4 * size * size];
        for (var i = 0; i < size * size; i++)
        {
            rgb.Slice(3 * i, 3).CopyTo(rgba.AsSpan(4 * i));
            rgba[4 * i + 3] = 255;
        }

        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
