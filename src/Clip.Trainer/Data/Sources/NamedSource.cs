namespace Clip.Trainer.Data.Sources;

/// <summary>Records that are still to be opened.</summary>
/// <param name="Name">What they are called in reports.</param>
/// <param name="Open">Opens them; who calls it disposes them.</param>
internal sealed record NamedSource(string Name, Func<IRecordSource> Open)
{
    /// <summary>Files by their names; see <see cref="RecordSources.Open"/>.</summary>
    public static NamedSource Of(string names, RecordSourceOptions? options = null) =>
        new(names, () => RecordSources.Open(names, options ?? new RecordSourceOptions()));
}
