namespace Microsoft.ML.Clip.FindingSimilar;

/// <summary>The labels of an index's pictures, as keys, and the vote of neighbors.</summary>
internal sealed class NeighborLabels
{
    private readonly ClipNeighborLabel _kind;
    private readonly Dictionary<string, uint> _keys;

    /// <exception cref="InvalidOperationException">No picture has a label.</exception>
    public NeighborLabels(ClipImageIndex index, ClipNeighborLabel kind)
    {
        _kind = kind;
        Values = [.. index.Entries.Select(Of).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        if (Values.Count == 0)
        {
            var what = kind == ClipNeighborLabel.Caption ? "captions" : "paths";
            throw new InvalidOperationException(
                $"The pictures of the index '{index.Path}' have no {what}, and so no labels to vote for; set Options.Label to another.");
        }

        _keys = Values.Select((value, i) => (value, i)).ToDictionary(pair => pair.value, pair => (uint)pair.i + 1);
    }

    /// <summary>The labels in the order of their keys.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>The key of the label that most have, or with as many the higher sum of scores; 0 where none has one.</summary>
    public uint Vote(IReadOnlyList<ClipSearchResult> found) => found
        .Select(picture => (Label: Of(picture.Entry), picture.Score)).Where(vote => vote.Label is not null && _keys.ContainsKey(vote.Label))
        .GroupBy(vote => vote.Label!, vote => vote.Score)
        .OrderByDescending(votes => votes.Count()).ThenByDescending(votes => votes.Sum())
        .Select(votes => _keys[votes.Key]).FirstOrDefault();

    private string? Of(ClipIndexEntry entry) => _kind == ClipNeighborLabel.Caption
        ? entry.Caption?.Split('\n')[0]
        : Path.GetFileName(Path.GetDirectoryName(entry.Path));
}
