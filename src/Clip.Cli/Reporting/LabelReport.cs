using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using Microsoft.ML.Clip;

namespace Clip.Cli.Reporting;

/// <summary>A picture and its best labels, best first.</summary>
internal sealed record LabeledPicture(string Path, IReadOnlyList<ClipLabelScore> Labels);

/// <summary>Labels of pictures, for people and for programs.</summary>
internal static class LabelReport
{
    private const int BarWidth = 30;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A line for each label, with a bar.</summary>
    public static IEnumerable<string> Lines(LabeledPicture picture) => picture.Labels.Select(entry =>
    {
        var bar = new string('█', (int)Math.Round(entry.Score * BarWidth)).PadRight(BarWidth, '░');
        return string.Create(CultureInfo.InvariantCulture, $"  {bar} {100 * entry.Score,5:F1} %  {entry.Label}");
    });

    /// <summary>One JSON document.</summary>
    /// <param name="model">The model as the user named it.</param>
    /// <param name="fingerprint">By which its scores are told from another model's.</param>
    /// <param name="pictures">What was found.</param>
    public static string Json(string model, string fingerprint, IEnumerable<LabeledPicture> pictures) => JsonSerializer.Serialize(
        new
        {
            model,
            fingerprint,
            images = pictures.Select(picture => new
            {
                path = picture.Path,
                labels = picture.Labels.Select(entry => new { label = entry.Label, score = entry.Score }),
            }),
        },
        Indented);

    /// <summary>A table with a row for each label of each picture.</summary>
    public static string Csv(IEnumerable<LabeledPicture> pictures)
    {
        using var text = new StringWriter();
        using (var csv = new CsvWriter(text, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = Environment.NewLine }))
        {
            csv.WriteRecords(pictures.SelectMany(
                picture => picture.Labels, (picture, entry) => new { path = picture.Path, label = entry.Label, score = entry.Score }));
        }

        return text.ToString();
    }
}
