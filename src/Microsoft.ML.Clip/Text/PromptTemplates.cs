using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>
/// Sentences with a gap for a label, which turn class names into captions such as CLIP was trained on (the paper's section 3.1.4).
/// </summary>
public static partial class PromptTemplates
{
    private static readonly string[] Simple =
    [
        "itap of a {}.",
        "a bad photo of the {}.",
        "a origami {}.",
        "a photo of the large {}.",
        "a {} in a video game.",
        "art of the {}.",
        "a photo of the small {}.",
    ];

    /// <summary>The paper's default prompt, <c>a photo of a {}.</c></summary>
    public static IReadOnlyList<string> Default { get; } = Array.AsReadOnly(["a photo of a {}."]);

    /// <summary>
    /// The seven templates that OpenAI found to do best together on ImageNet (openai/CLIP, <c>Prompt_Engineering_for_ImageNet.ipynb</c>).
    /// </summary>
    public static IReadOnlyList<string> ImageNetSimple { get; } = Array.AsReadOnly(Simple);

    /// <summary>Puts a label into a template.</summary>
    /// <param name="template">
    /// A sentence with at least one of the placeholders <c>{}</c>, <c>{c}</c>, <c>{object}</c> and <c>{label}</c>.
    /// </param>
    /// <param name="label">What to put in the place of each.</param>
    /// <exception cref="ArgumentException">The template has no placeholder, so all labels would get the same prompt.</exception>
    public static string Apply(string template, string label)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(label);
        if (!HasPlace(template))
        {
            throw new ArgumentException(
                $"The template '{template}' has no place for the label; write {{}} or {{c}} where it goes.", nameof(template));
        }

        return Placeholder().Replace(template, _ => label);
    }

    /// <summary>Whether a text has a place for a label.</summary>
    internal static bool HasPlace(string template) => Placeholder().IsMatch(template);

    [GeneratedRegex(@"\{(c|object|label)?\}")]
    private static partial Regex Placeholder();
}
