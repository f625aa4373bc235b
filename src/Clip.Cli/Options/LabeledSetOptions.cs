using System.CommandLine;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer.Validation;

namespace Clip.Cli.Options;

/// <summary>Sets of labeled pictures: any number of tables or folders, with their candidate labels and prompts.</summary>
internal sealed class LabeledSetOptions(string dataName, string labelsName, string templatesName)
{
    private readonly Option<string[]> _data = new(dataName)
    {
        Description = "Labeled pictures: a table, a folder with one folder per class, or WebDataset shards with .cls, "
            + "as PATH or NAME=PATH; any number of them.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _labels = new(labelsName)
    {
        Description =
            "Text file with all candidate labels, one per line: FILE for all sets, or NAME=FILE; without it the labels that the set has.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _templates = new(templatesName)
    {
        Description =
            "Text file with one prompt per line, {} or {c} for the label: FILE for all sets, or NAME=FILE; 'a photo of a {}.' without it.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _labelKey = new("--csv-label-key")
    {
        Description = "Header of the label's column in tables of labeled pictures.",
        DefaultValueFactory = _ => new CaptionTableOptions().CaptionKeys[0],
    };

    public IEnumerable<Option> All => [_data, _labels, _templates, _labelKey];

    /// <summary>Reads the sets.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="layout">How the tables are laid out, but for the label's column.</param>
    /// <exception cref="ClipException">A file is absent or not sound, or two sets have one name.</exception>
    public IReadOnlyList<LabeledSet> Read(ParseResult parsed, CaptionTableOptions layout)
    {
        var table = Table(parsed, layout);
        var sets = new List<LabeledSet>();
        foreach (var value in parsed.GetValue(_data) ?? [])
        {
            var (name, path) = NamedFiles.Named(value);
            if (sets.Any(s => s.Name == name))
                throw new ClipException($"{dataName}: two sets are called {name}; give names, as NAME={path}.");
            sets.Add(Read(name, path, table, Lines(_labels, name), Lines(_templates, name)));
        }

        return sets;

        string[]? Lines(Option<string[]> option, string set) => NamedFiles.For(parsed.GetValue(option) ?? [], set, option.Name) is { } file
            ? LineFile.Read(file, option.Name)
            : null;
    }

    /// <summary>The pictures of a set to train a probe on.</summary>
    public IReadOnlyList<LabeledImage> ReadImages(ParseResult parsed, CaptionTableOptions layout, string path) =>
        Images(path, path, Table(parsed, layout));

    private static IReadOnlyList<LabeledImage> Images(string name, string path, CaptionTableOptions table)
    {
        var skipped = new SkippedRows(name);
        var images = LabeledShards.Find(path) is { } shards
            ? LabeledShards.Read(name, shards, labels: null, templates: null, skipped.Add).Images
            : LabeledSet.ReadImages(path, table, skipped.Add);
        skipped.ThrowIfTooMany(images.Count);
        return images;
    }

    private static LabeledSet Read(string name, string path, CaptionTableOptions table, string[]? labels, string[]? templates)
    {
        if (LabeledShards.Find(path) is { } shards)
        {
            var skipped = new SkippedRows(name);
            var set = LabeledShards.Read(name, shards, labels, templates, skipped.Add);
            skipped.ThrowIfTooMany(set.Images.Count);
            return set;
        }

        var images = Images(name, path, table);
        // Labels of folders are written as the folders are, or as they are read.
        if (Directory.Exists(path)) labels = labels?.Select(PictureFiles.ClassName).ToArray();
        labels ??= [.. images.Select(i => i.Class).Distinct().Order(StringComparer.Ordinal)];
        return new LabeledSet(name, images, labels, templates).Validate();
    }

    /// <summary>The layout of tables of labeled pictures.</summary>
    public CaptionTableOptions Table(ParseResult parsed, CaptionTableOptions layout) =>
        layout with { CaptionKeys = [parsed.GetValue(_labelKey)!] };
}
