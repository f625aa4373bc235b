using Clip.Evaluation;

namespace Microsoft.ML.Clip.Experiments.Features;

/// <summary>A labeled row of the data.</summary>
/// <param name="Name">The picture's path, or what it is known by.</param>
/// <param name="Label">The number of its class, from 0; -1 where it has none.</param>
/// <param name="Group">What must not lie on both sides of a split, such as its scene; null where it stands by itself.</param>
/// <param name="Text">Its text; null where the data has none.</param>
/// <param name="Image">Its picture; null where the data has none.</param>
internal sealed record ExperimentRow(string Name, int Label, string? Group, string? Text, StoredImage? Image);

/// <summary>A row that was left out.</summary>
/// <param name="Name">The picture's path, or what it is known by.</param>
/// <param name="Reason">Why, in a sentence.</param>
internal sealed record UnreadableRow(string Name, string Reason);

/// <summary>The rows that an experiment is made with.</summary>
/// <param name="Rows">Those that can be read, in the data's order.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="Unreadable">Those that were left out.</param>
internal sealed record ExperimentData(
    IReadOnlyList<ExperimentRow> Rows, IReadOnlyList<string> Classes, IReadOnlyList<UnreadableRow> Unreadable)
{
    /// <summary>For each row the number of its class.</summary>
    public int[] Labels { get; } = [.. Rows.Select(row => row.Label)];

    /// <summary>For each row its group, or null.</summary>
    public string?[] Groups { get; } = [.. Rows.Select(row => row.Group)];
}
