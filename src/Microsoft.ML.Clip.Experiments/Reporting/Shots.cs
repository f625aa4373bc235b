using Clip.Evaluation;
using Clip.Evaluation.Report;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>The pictures and texts that sections show, each picture once in the page.</summary>
/// <param name="images">For each row its picture; null for a row that is a text alone.</param>
/// <param name="texts">For each row its text; null for a row that is a picture alone.</param>
internal sealed class Shots(IReadOnlyList<StoredImage?> images, IReadOnlyList<string?> texts)
{
    private const int LongestText = 160;

    private readonly ReportedPicture?[] _named = Named(images);
    private readonly Dictionary<int, int> _places = [];

    /// <summary>What was shown so far.</summary>
    public List<ReportedPicture> Pictures { get; } = [];

    /// <summary>A row's picture, its text, or both.</summary>
    public string Of(int row)
    {
        var picture = "";
        if (_named[row] is { } named)
        {
            if (!_places.TryGetValue(row, out var place))
            {
                place = _places[row] = Pictures.Count;
                Pictures.Add(named);
            }

            picture = HtmlPage.Picture(place, named.Name);
        }

        if (texts[row] is not { } text) return picture;
        var shown = text.Length > LongestText ? text[..LongestText] + "…" : text;
        return $"{picture}<q>{HtmlPage.Encode(shown)}</q>";
    }

    /// <summary>What a row is called: its path below the folder that all lie in, or its number.</summary>
    public string Name(int row) => _named[row]?.Name ?? $"row {row + 1}";

    private static ReportedPicture?[] Named(IReadOnlyList<StoredImage?> images)
    {
        var named = new Queue<ReportedPicture>(ReportedOutcomes.Named([.. images.OfType<StoredImage>()]));
        return [.. images.Select(image => image is null ? null : named.Dequeue())];
    }
}
