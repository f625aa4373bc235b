using System.CommandLine;
using Clip.Evaluation;
using Clip.Evaluation.DataSets;

namespace Clip.Cli.Options;

/// <summary>Known data sets among labeled sets: how their files are laid out, and which part of them counts.</summary>
internal sealed class DataSetOptions
{
    /// <summary>A layout that is found by what the files are, as without a known name.</summary>
    private const string Plain = "plain";

    private readonly Option<string[]> _layout, _split;

    /// <param name="dataName">The option with the sets, as <c>--data</c>.</param>
    public DataSetOptions(string dataName)
    {
        _layout = new Option<string[]>(dataName.Replace("data", "layout", StringComparison.Ordinal))
        {
            Description = "How the files of sets are laid out: a data set that clip evaluate --list tells, or plain for a table, class "
                + "folders or shards; LAYOUT for all sets, or NAME=LAYOUT. Without it a set's name is its layout, where it is given "
                + "and known.",
            AllowMultipleArgumentsPerToken = true,
        };
        _layout.CompletionSources.Add(_ => DataSetCatalog.Sets.Select(set => set.Name).Append(Plain));
        _split = new Option<string[]>(dataName.Replace("data", "split", StringComparison.Ordinal))
        {
            Description = "Which part of known data sets counts, such as test, val or train: SPLIT for all sets, or NAME=SPLIT; "
                + "without it what their makers measure on.",
            AllowMultipleArgumentsPerToken = true,
        };
    }

    public IEnumerable<Option> All => [_layout, _split];

    /// <summary>The known data set that a value of the data's option means; null for a table, class folders or shards.</summary>
    /// <exception cref="ClipException">The layout is not known.</exception>
    public DataSet? Find(ParseResult parsed, string value)
    {
        var (name, path) = NamedFiles.Named(value);
        if (NamedFiles.For(parsed.GetValue(_layout) ?? [], name, _layout.Name) is { } layout)
            return layout == Plain ? null : DataSetCatalog.Find(layout) ?? throw Unknown(layout);
        // A table and shards of a known name say themselves what they are.
        return NamedFiles.HasName(value) && Directory.Exists(path) && LabeledShards.Find(path) is null ? DataSetCatalog.Find(name) : null;
    }

    /// <summary>Reads the part that counts.</summary>
    public LoadedDataSet Load(ParseResult parsed, DataSet known, string name, string path)
    {
        var split = NamedFiles.For(parsed.GetValue(_split) ?? [], name, _split.Name);
        try
        {
            return Load(known, path, split);
        }
        catch (ClipException e) when (NamedFiles.For(parsed.GetValue(_layout) ?? [], name, _layout.Name) is null)
        {
            // Somebody's own pictures of flowers may be called so too.
            throw new ClipException(
                $"{e.Message.TrimEnd('.')}; or give {_layout.Name} {name}={Plain}, if it is a folder of class folders.", e);
        }
    }

    /// <summary>Reads a part, and tells what is other than published.</summary>
    public static LoadedDataSet Load(DataSet known, string path, string? split)
    {
        var loaded = known.Load(path, split);
        foreach (var notice in loaded.Notices) Console.Error.WriteLine($"{known.Title}: {notice}.");
        return loaded;
    }

    /// <summary>Refuses layouts and splits of sets that are not given.</summary>
    /// <exception cref="ClipException">There is one.</exception>
    public void RefuseStray(ParseResult parsed, IReadOnlySet<string> sets)
    {
        foreach (var option in new[] { _layout, _split })
        {
            if (NamedFiles.Names(parsed.GetValue(option) ?? []).FirstOrDefault(name => !sets.Contains(name)) is { } stray)
                throw new ClipException(
                    $"{option.Name} is given for {stray}, and no set is called so; the sets are {string.Join(", ", sets)}.");
        }
    }

    private ClipException Unknown(string layout)
    {
        var near = NearestWords.Of(layout, DataSetCatalog.Sets.Select(set => set.Name));
        var meant = near.Count > 0 ? $"; did you mean {string.Join(" or ", near)}?" : ";";
        return new ClipException($"{_layout.Name}: '{layout}' is no known data set{meant} See clip evaluate --list, or give plain.");
    }
}
