using System.CommandLine;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Evaluation.DataSets;

namespace Clip.Cli.Options;

/// <summary>Sets of labeled pictures: any number of tables, folders or known data sets, with their candidate labels and prompts.</summary>
internal sealed class LabeledSetOptions
{
    private readonly string _dataName;
    private readonly Option<string[]> _data, _labels, _templates;
    private readonly DataSetOptions _known;

    private readonly Option<string> _labelKey = new("--csv-label-key")
    {
        Description = "Header of the label's column in tables of labeled pictures.",
        DefaultValueFactory = _ => new CaptionTableOptions().CaptionKeys[0],
    };

    public LabeledSetOptions(string dataName, string labelsName, string templatesName)
    {
        _dataName = dataName;
        _known = new DataSetOptions(dataName);
        _data = new Option<string[]>(dataName)
        {
            Description = "Labeled pictures: a table, Parquet, a folder with one folder per class, or WebDataset shards with .cls, "
                + "as PATH or NAME=PATH; or the folder of a known data set, as food101=PATH; any number of them.",
            AllowMultipleArgumentsPerToken = true,
        };
        _labels = new Option<string[]>(labelsName)
        {
            Description = "Text file with all candidate labels, one per line, or for known data sets other names of their classes in their "
                + "order, also in CLIP_benchmark's JSON: FILE for all sets, or NAME=FILE; without it the labels that the set has.",
            AllowMultipleArgumentsPerToken = true,
        };
        _templates = new Option<string[]>(templatesName)
        {
            Description = "Text file with one prompt per line, {} or {c} for the label, or CLIP_benchmark's JSON of templates or of each "
                + "class's prompts: FILE for all sets, or NAME=FILE; without it a known data set's own, else 'a photo of a {}.'.",
            AllowMultipleArgumentsPerToken = true,
        };
    }

    public IEnumerable<Option> All => [_data, .. _known.All, _labels, _templates, _labelKey];

    /// <summary>Reads the sets.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="layout">How the tables are laid out, but for the label's column.</param>
    /// <exception cref="ClipException">A file is absent or not sound, two sets have one name, or one has captions.</exception>
    public IReadOnlyList<LabeledSet> Read(ParseResult parsed, CaptionTableOptions layout) => ReadWithCaptions(parsed, layout) switch
    {
        (var sets, []) => sets,
        (_, [var captioned, ..]) => throw new ClipException(
            $"{_dataName}: {captioned.Name} has captions and no classes; give labeled pictures."),
    };

    /// <summary>Reads the sets: those with classes, and those with captions.</summary>
    /// <inheritdoc cref="Read"/>
    public (IReadOnlyList<LabeledSet> Labeled, IReadOnlyList<RetrievalSet> Captioned) ReadWithCaptions(
        ParseResult parsed, CaptionTableOptions layout)
    {
        var (labeled, captioned, names) = (new List<LabeledSet>(), new List<RetrievalSet>(), new HashSet<string>());
        var values = parsed.GetValue(_data) ?? [];
        foreach (var (name, path) in values.Select(NamedFiles.Named))
        {
            if (!names.Add(name))
                throw new ClipException($"{_dataName}: two sets are called {name}; give names, as NAME={path}.");
        }

        _known.RefuseStray(parsed, names);
        foreach (var value in values)
        {
            var (name, path) = NamedFiles.Named(value);
            if (_known.Find(parsed, value) is { } known)
            {
                var loaded = _known.Load(parsed, known, name, path);
                if (known.Task == DataSetTask.Retrieval)
                    captioned.Add(RetrievalSet.Of(name, loaded.Captioned) with { Known = known.Name });
                else
                    labeled.Add(Renamed(parsed, known, name, loaded).Labeled(name, Prompts(parsed, name, known)));
            }
            else if (LabeledShards.Find(path) is { } shards && RetrievalShards.Are(shards))
            {
                var skipped = new SkippedRows(name);
                captioned.Add(RetrievalShards.Read(name, shards, skipped.Add) with { Known = DataSetCatalog.Find(name)?.Name });
                skipped.ThrowIfTooMany(captioned[^1].Images.Count);
            }
            else
            {
                labeled.Add(Read(parsed, name, path, Table(parsed, layout)) with { Known = DataSetCatalog.Find(name)?.Name });
            }
        }

        return (labeled, captioned);
    }

    /// <summary>The pictures to train a probe on: of a known data set those that its makers train on.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="layout">How tables are laid out.</param>
    /// <param name="set">The set that the probe is tested on.</param>
    /// <param name="path">Where the pictures lie.</param>
    public IReadOnlyList<LabeledImage> ReadImages(ParseResult parsed, CaptionTableOptions layout, string set, string path)
    {
        var known = (parsed.GetValue(_data) ?? []).Where(value => NamedFiles.Named(value).Name == set)
            .Select(value => _known.Find(parsed, value)).FirstOrDefault();
        if (known?.TrainSplit is { } split && Directory.Exists(path) && LabeledShards.Find(path) is null)
            return Renamed(parsed, known, set, DataSetOptions.Load(known, path, split)).Images;
        return Images(path, path, Table(parsed, layout), File(parsed, _labels, set) is { } file ? Names(file, _labels.Name, [set]) : null);
    }

    /// <summary>The layout of tables of labeled pictures.</summary>
    public CaptionTableOptions Table(ParseResult parsed, CaptionTableOptions layout) =>
        layout with { CaptionKeys = [parsed.GetValue(_labelKey)!] };

    private LoadedDataSet Renamed(ParseResult parsed, DataSet known, string name, LoadedDataSet loaded) =>
        File(parsed, _labels, name) is { } file ? loaded.Renamed(Names(file, _labels.Name, [name, .. known.Keys]), file) : loaded;

    private ClassPrompts? Prompts(ParseResult parsed, string name, DataSet? known) => File(parsed, _templates, name) switch
    {
        null => null,
        var file when IsJson(file) => ClassPrompts.Read(file, [name, .. known?.Keys ?? []]),
        var file => new ClassPrompts(LineFile.Read(file, _templates.Name)),
    };

    private static string? File(ParseResult parsed, Option<string[]> option, string set) =>
        NamedFiles.For(parsed.GetValue(option) ?? [], set, option.Name);

    private static IReadOnlyList<string> Names(string file, string option, IReadOnlyList<string> keys) =>
        IsJson(file) ? NamedLists.Read(file, keys) : LineFile.Read(file, option);

    private static bool IsJson(string file) => file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<LabeledImage> Images(
        string name, string path, CaptionTableOptions table, IReadOnlyList<string>? labels)
    {
        var skipped = new SkippedRows(name);
        var images = LabeledShards.Find(path) is { } shards
            ? LabeledShards.Read(name, shards, labels, templates: null, skipped.Add).Images
            : LabeledParquet.Files(path, "train") is { } parquet
            ? LabeledParquet.Read(name, parquet, table.CaptionKeys[0], labels, templates: null, skipped.Add).Images
            : LabeledSet.ReadImages(path, table, skipped.Add);
        skipped.ThrowIfTooMany(images.Count);
        return images;
    }

    private LabeledSet Read(ParseResult parsed, string name, string path, CaptionTableOptions table)
    {
        var labels = File(parsed, _labels, name) is { } file ? Names(file, _labels.Name, [name]) : null;
        var prompts = Prompts(parsed, name, DataSetCatalog.Find(name));
        var set = Read(name, path, table, labels, prompts?.Templates);
        return prompts?.OfClass is { } ofClass ? set with { Prompts = ofClass.For(set.Labels, label => label) } : set;
    }

    private static LabeledSet Read(
        string name, string path, CaptionTableOptions table, IReadOnlyList<string>? labels, IReadOnlyList<string>? templates)
    {
        if (LabeledShards.Find(path) is { } shards)
        {
            var skipped = new SkippedRows(name);
            var set = LabeledShards.Read(name, shards, labels, templates, skipped.Add);
            skipped.ThrowIfTooMany(set.Images.Count);
            return set;
        }

        if (LabeledParquet.Files(path, "test") is { } parquet)
        {
            var skipped = new SkippedRows(name);
            var set = LabeledParquet.Read(name, parquet, table.CaptionKeys[0], labels, templates, skipped.Add);
            skipped.ThrowIfTooMany(set.Images.Count);
            return set;
        }

        var images = Images(name, path, table, labels: null);
        // Labels of folders are written as the folders are, or as they are read.
        if (Directory.Exists(path)) labels = labels?.Select(PictureFiles.ClassName).ToArray();
        labels ??= [.. images.Select(i => i.Class).Distinct().Order(StringComparer.Ordinal)];
        return new LabeledSet(name, images, labels, templates).Validate();
    }
}
