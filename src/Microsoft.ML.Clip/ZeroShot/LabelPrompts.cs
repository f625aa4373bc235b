namespace Microsoft.ML.Clip.ZeroShot;

/// <summary>The sentences that stand for a label.</summary>
internal static class LabelPrompts
{
    public static void CheckLabels(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0) throw new ArgumentException("The list of labels is empty; give at least one.", nameof(labels));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < labels.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(labels[i])) throw new ArgumentException($"Label {i} is empty.", nameof(labels));
            if (!seen.Add(labels[i])) throw new ArgumentException($"Label '{labels[i]}' comes twice; leave one out.", nameof(labels));
        }
    }

    /// <summary>Checks everything that can be wrong, before any model is opened.</summary>
    public static IReadOnlyList<string>[] Expand(
        IReadOnlyList<string> labels, IReadOnlyList<string>? templates, IReadOnlyDictionary<string, IReadOnlyList<string>>? prompts)
    {
        CheckLabels(labels);
        templates ??= PromptTemplates.Default;
        if (templates.Count == 0)
            throw new ArgumentException("The list of templates is empty; leave it out for the default.", nameof(templates));
        if (prompts?.Keys.FirstOrDefault(k => !labels.Contains(k)) is { } stray)
            throw new ArgumentException($"Prompts are given for '{stray}', which is not among the labels.", nameof(prompts));
        return [.. labels.Select(label => OfLabel(label, templates, prompts))];
    }

    private static IReadOnlyList<string> OfLabel(
        string label, IReadOnlyList<string> templates, IReadOnlyDictionary<string, IReadOnlyList<string>>? prompts)
    {
        if (prompts is null || !prompts.TryGetValue(label, out var own)) return [.. templates.Select(t => PromptTemplates.Apply(t, label))];
        return own.Count > 0 ? own : throw new ArgumentException($"The list of prompts for '{label}' is empty.", nameof(prompts));
    }
}
