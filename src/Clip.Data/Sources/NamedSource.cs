namespace Clip.Data.Sources;

/// <summary>Records that are still to be opened.</summary>
/// <param name="Name">What they are called in reports.</param>
/// <param name="Open">Opens them; who calls it disposes them.</param>
internal sealed record NamedSource(string Name, Func<IRecordSource> Open)
{
    /// <summary>How files are laid out; null for what lies in none.</summary>
    public RecordSourceOptions? Layout { get; private init; }

    /// <summary>Files by their names; see <see cref="RecordSources.Open"/>.</summary>
    public static NamedSource Of(string names, RecordSourceOptions? options = null)
    {
        var layout = options ?? new RecordSourceOptions();
        return new NamedSource(names, () => RecordSources.Open(names, layout)) { Layout = layout };
    }
}
