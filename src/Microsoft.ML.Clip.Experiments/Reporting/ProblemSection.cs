using System.Text;
using Clip.Evaluation.Report;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>What is wrong with the data, with the pictures to look at.</summary>
/// <param name="problems">What was found.</param>
/// <param name="classes">The labels' names.</param>
/// <param name="labels">For each row its label.</param>
/// <param name="shots">The pictures.</param>
internal sealed class ProblemSection(
    ClipDataProblems problems, IReadOnlyList<string> classes, IReadOnlyList<int> labels, Shots shots)
{
    private const int MostShown = 60, MostOfSet = 8, MostUnreadable = 100;

    private readonly StringBuilder _html = new();

    public HtmlSection Section()
    {
        Summary();
        if (problems.SuspectLabels.Count > 0) SuspectLabels();
        if (problems.Duplicates.Count > 0) Duplicates();
        if (problems.LookAlikes.Count > 0) LookAlikes();
        if (problems.GroupLeak is { } leak) Groups(leak);
        if (problems.Unreadable.Count > 0) Unreadable();
        return new HtmlSection("data", "Data", _html.ToString());
    }

    private void Summary()
    {
        var across = problems.Duplicates.Count(set => set.AcrossClasses);
        (int Count, string One, string Many)[] found =
        [
            (problems.SuspectLabels.Count, "label is likely wrong", "labels are likely wrong"),
            (problems.Duplicates.Count, "set of pictures that are nearly the same", "sets of pictures that are nearly the same"),
            (across, "of these sets has different labels", "of these sets have different labels"),
            (problems.LookAlikes.Count, "pair of classes looks alike", "pairs of classes look alike"),
            (problems.Unreadable.Count, "file cannot be read", "files cannot be read"),
        ];
        if (!problems.AreCopiesChecked)
        {
            _html.Append(
                "<p class=\"note\">Copies and groups were not looked for among so many pictures; an index of them finds copies.</p>");
        }

        var some = found.Where(f => f.Count > 0).ToArray();
        if (some.Length == 0)
        {
            _html.Append(
                $"<p class=\"empty\">No label looks wrong{(problems.AreCopiesChecked ? ", no picture comes twice" : "")}, and every file "
                + "can be read.</p>");
            return;
        }

        _html.Append("<ul class=\"tally\">");
        foreach (var (count, one, many) in some)
            _html.Append(Words.Line($"<li><b>{count:N0}</b> {(count == 1 ? one : many)}</li>"));
        _html.Append("</ul>");
    }

    private void SuspectLabels()
    {
        Heading(
            "Labels that are likely wrong",
            "By confident learning: models that had not seen these pictures were as sure of another class as of that class's own pictures. "
            + "Look before you change a label; the model may be what is wrong.", problems.SuspectLabels.Count, MostShown);
        _html.Append("<ul class=\"shots\">");
        foreach (var suspect in problems.SuspectLabels.Take(MostShown))
        {
            Shot(
                suspect.Row,
                $"<b>{Name(suspect.Label)}</b><span class=\"arrow\" role=\"img\" aria-label=\"looks like\">→</span>"
                + $"<b>{Name(suspect.Suggested)}</b>"
                + $"<small>{Words.Percent(suspect.Probability)}, its label {Words.Percent(suspect.ProbabilityOfLabel)}</small>");
        }

        _html.Append("</ul>");
    }

    private void Duplicates()
    {
        Heading(
            "Pictures that are nearly the same",
            "Copies with different labels teach the model nothing but doubt; keep one. All copies were kept on one side of every fold, or "
            + "else a model would be asked what it had learned by heart.", problems.Duplicates.Count, MostShown);
        _html.Append("<ul class=\"pairs\">");
        foreach (var set in problems.Duplicates.OrderByDescending(set => set.AcrossClasses).Take(MostShown))
        {
            var names = string.Join(", ", set.Rows.Select(row => labels[row]).Distinct().Select(Name));
            var marks = (set.AcrossClasses ? " <span class=\"flag\">different labels</span>" : "")
                + (set.AcrossGroups ? " <span class=\"flag\">different groups</span>" : "");
            _html.Append($"<li><p><b>{names}</b>{marks}<small>{Words.Count(set.Rows.Count, "picture")}</small></p>");
            _html.Append("<ul class=\"shots small\">");
            foreach (var row in set.Rows.Take(MostOfSet)) Shot(row, set.AcrossClasses ? Name(labels[row]) : "");
            _html.Append("</ul></li>");
        }

        _html.Append("</ul>");
    }

    private void LookAlikes()
    {
        Heading(
            "Classes that look alike",
            "The best trial takes many pictures of one for the other: more pictures of both help, or one name for both.",
            problems.LookAlikes.Count, MostShown);
        _html.Append("<ul class=\"pairs\">");
        foreach (var pair in problems.LookAlikes.Take(MostShown))
        {
            _html.Append(
                $"<li><p><b>{Name(pair.First)}</b> and <b>{Name(pair.Second)}</b><small>{Words.Percent(pair.Share)} of both, "
                + $"{Words.Count(pair.Confused.Count, "picture")}, are taken for the other</small></p><ul class=\"shots small\">");
            foreach (var row in pair.Confused.Take(MostOfSet)) Shot(row, Name(labels[row]));
            _html.Append("</ul></li>");
        }

        _html.Append("</ul>");
    }

    private void Groups(ClipGroupLeak leak)
    {
        var gap = leak.NearestRight - leak.NearestRightApart;
        _html.Append("<h3>What groups give away</h3><p class=\"note\">");
        _html.Append(
            $"The nearest picture of all is of the same class in {Words.Percent(leak.NearestRight)}, and the nearest of another group in "
            + $"{Words.Percent(leak.NearestRightApart)}. ");
        _html.Append(gap > 0.05
            ? "Pictures of one group give each other away: keep the groups, for without them every number here would be too good."
            : "Groups hardly matter here.");
        if (leak.ClassesInOneGroup.Count > 0)
        {
            _html.Append(
                $" All pictures of {string.Join(", ", leak.ClassesInOneGroup.Select(Name))} are of one group, so nothing is known of how "
                + "new ones fare; add pictures of other groups.");
        }

        _html.Append("</p>");
    }

    private void Unreadable()
    {
        Heading("Files that cannot be read", "They were left out.", problems.Unreadable.Count, MostUnreadable);
        _html.Append("<dl class=\"facts\">");
        foreach (var (name, reason) in problems.Unreadable.Take(MostUnreadable))
            _html.Append($"<div><dt>{HtmlPage.Encode(name)}</dt><dd>{HtmlPage.Encode(reason)}</dd></div>");
        _html.Append("</dl>");
    }

    private void Heading(string title, string note, int count, int most) => _html.Append(
        $"<h3>{title}</h3><p class=\"note\">{note}{(count > most ? Words.Line($" The first {most} of {count:N0}.") : "")}</p>");

    private void Shot(int row, string words) =>
        _html.Append($"<li>{shots.Of(row)}{words}<small class=\"file\">{HtmlPage.Encode(shots.Name(row))}</small></li>");

    private string Name(int label) => HtmlPage.Encode(classes[label]);
}
