using Clip.Data.Sources;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.ZeroShot;

namespace Clip.Cli.Options;

/// <summary>
/// What <c>clip classify</c> was given: behind --labels and --templates stand words or a file of them, and pictures may follow, which a
/// parser cannot tell from words.
/// </summary>
/// <remarks>
/// An existing file is a file: of entries where it stands first, else a picture. Otherwise words are entries, and those at the end that
/// are paths are pictures. A path is a picture that exists, or what has a slash, a star or an ending of texts or pictures; it is never
/// taken as a label, and a file in the middle of labels is refused.
/// </remarks>
internal sealed class ClassifyWords
{
    private const string OrFile = "or a text file with one entry per line";

    private static readonly string[] TextEndings = ["txt", "csv", "tsv", "json", "jsonl", "lst", "list", "md", "names", "labels"];

    private ClassifyWords(string[] labels, string[]? templates, string[] pictures, string? understood) =>
        (Labels, Templates, Pictures, Understood) = (labels, templates, pictures, understood);

    /// <summary>The labels to choose among.</summary>
    public string[] Labels { get; }

    /// <summary>The templates; null for the usual one.</summary>
    public string[]? Templates { get; }

    /// <summary>The pictures' files.</summary>
    public string[] Pictures { get; }

    /// <summary>What was taken for what, where pictures stood behind words; null where there was no doubt.</summary>
    public string? Understood { get; }

    /// <summary>Tells labels, templates and pictures apart.</summary>
    /// <param name="labels">The words behind --labels.</param>
    /// <param name="templates">The words behind --templates; none for the usual template.</param>
    /// <param name="pictures">The words that stand behind no option.</param>
    /// <exception cref="ClipException">A word may be meant as something else than what it is taken for, or a file is not sound.</exception>
    public static ClassifyWords Read(string[] labels, string[] templates, string[] pictures)
    {
        var (names, behindLabels, isFile) = Labeled(labels);
        var (prompts, behindTemplates) = Prompts(templates);
        // What is wrong with them is told before a model is opened, or even downloaded.
        LabelPrompts.Expand(names, prompts, prompts: null);
        var files = PicturePaths.Expand([.. pictures, .. behindLabels, .. behindTemplates]);
        if (files.Length == 0)
        {
            var folder = isFile ? null : names.LastOrDefault(Directory.Exists);
            throw new ClipException(
                "There are no pictures; give files, folders or patterns before --labels, as in clip classify rex.jpg --labels cat dog."
                + (folder is null ? "" : $" '{folder}' is taken as a label; as a folder it is {folder}/."));
        }

        var understood = isFile || behindLabels.Length == 0
            ? null
            : $"Labels: {string.Join(", ", names)}. Pictures: {string.Join(", ", behindLabels)}.";
        return new ClassifyWords(names, prompts, files, understood);
    }

    /// <summary>Labels and templates where no pictures are given; none where there are no words.</summary>
    /// <exception cref="ClipException">A word may be meant as something else than what it is taken for, or a file is not sound.</exception>
    public static (string[] Labels, string[]? Templates) ReadLabels(string[] labels, string[] templates)
    {
        var (names, behindLabels, _) = labels.Length == 0 ? ([], [], false) : Labeled(labels);
        var (prompts, behindTemplates) = Prompts(templates);
        if (behindLabels.Concat(behindTemplates).FirstOrDefault() is { } path)
            throw new ClipException($"'{path}' is no label and no template; a text file of them stands first and alone.");
        if (names.Length > 0) LabelPrompts.Expand(names, prompts, prompts: null);
        return (names, prompts);
    }

    private static (string[] Labels, string[] Pictures, bool IsFile) Labeled(string[] words)
    {
        if (IsFile(words[0])) return (LineFile.Read(words[0], "--labels"), words[1..], true);
        var count = words.Length;
        while (count > 0 && IsPath(words[count - 1])) count--;
        var labels = words[..count];
        if (IsPicture(words[0]))
            throw new ClipException($"'{words[0]}' is a picture, and --labels takes words, {OrFile}; give pictures before it.");
        if (labels.Length < 2)
            throw new ClipException(
                $"There is no file '{words[0]}'"
                + (labels.Length == 1 ? ", and one word leaves nothing to choose among" : "")
                + $"; --labels takes several words, {OrFile}.");
        if (labels.FirstOrDefault(IsPath) is { } path)
            throw new ClipException(
                $"'{path}' among the labels is a path; give pictures before --labels, and labels that look like paths in a text file, "
                + "one entry per line.");
        var behind = words[count..];
        if ((labels.FirstOrDefault(File.Exists) ?? behind.FirstOrDefault(IsFile)) is { } file)
            throw new ClipException(
                $"'{file}' among the labels is a file; --labels takes words, {OrFile}, which stands first and alone.");
        if (behind.FirstOrDefault(word => !PicturePattern.IsOne(word) && !Path.Exists(word)) is { } absent)
            throw new ClipException(
                $"'{absent}' behind the labels is a path, and does not exist; labels that look like paths go into a text file, "
                + "one entry per line.");
        return (labels, behind, false);
    }

    private static (string[]? Templates, string[] Pictures) Prompts(string[] words)
    {
        if (words.Length == 0) return (null, []);
        if (IsFile(words[0])) return (LineFile.Read(words[0], "--templates"), words[1..]);
        var templates = words.TakeWhile(PromptTemplates.HasPlace).ToArray();
        var rest = words[templates.Length..];
        if (templates.Length == 0)
            throw new ClipException(
                $"There is no file '{words[0]}', and it has no {{}} for the label; --templates takes such sentences, {OrFile}.");
        if (rest.FirstOrDefault(word => !IsPath(word)) is { } word)
            throw new ClipException($"The template '{word}' has no place for the label; write {{}} or {{c}} where it goes.");
        return (templates, rest);
    }

    private static bool IsFile(string word) => File.Exists(word) && !IsPicture(word);

    private static bool IsPicture(string word) => File.Exists(word) && PictureFiles.IsPicture(word);

    private static bool IsPath(string word) => IsPicture(word) || word.IndexOfAny(['/', '\\', '*']) >= 0
        || (Path.GetExtension(word) is ['.', .. var ending]
            && PictureFiles.Endings.Concat(TextEndings).Contains(ending, StringComparer.OrdinalIgnoreCase));
}
