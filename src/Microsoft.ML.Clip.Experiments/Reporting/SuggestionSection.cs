using System.Text;
using Clip.Evaluation.Report;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>Which pictures to label next.</summary>
internal static class SuggestionSection
{
    public static HtmlSection Of(IReadOnlyList<ClipSuggestion> suggestions, IReadOnlyList<string> classes, Func<int, string> shot)
    {
        var html = new StringBuilder(
            "<p class=\"note\">The labels of these would help most, in this order: the model is unsure of them, and they differ from each "
            + "other.</p><ol class=\"shots\">");
        foreach (var suggestion in suggestions)
        {
            html.Append(
                $"<li>{shot(suggestion.Row)}<b>{HtmlPage.Encode(classes[suggestion.First])}</b> "
                + Words.Percent(suggestion.ProbabilityOfFirst)
                + $"<span>or <b>{HtmlPage.Encode(classes[suggestion.Second])}</b> {Words.Percent(suggestion.ProbabilityOfSecond)}</span>"
                + $"<small class=\"file\">{HtmlPage.Encode(suggestion.Name)}</small></li>");
        }

        return new HtmlSection("next", "Label next", html.Append("</ol>").ToString());
    }
}
