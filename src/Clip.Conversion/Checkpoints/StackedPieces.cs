using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>Joins and cuts query, key and value, which are one tensor here and several in some files; nothing is copied.</summary>
internal static class StackedPieces
{
    private const int Thirds = 3;

    /// <summary>The tensors that a file keeps a stacked one as.</summary>
    /// <exception cref="ClipException">It is not three in one.</exception>
    public static IEnumerable<(string Name, WeightTensor Tensor)> Cut(StoredName stored, WeightTensor tensor)
    {
        if (tensor.Shape.Count == 0 || tensor.Shape[0] % Thirds != 0)
            throw new ClipException(
                $"The parameter '{stored.Ours}' has shape [{string.Join(", ", tensor.Shape)}], which is not three in one; "
                + "the file is damaged.");
        var thirds = StackedFloats.Thirds(tensor);
        var at = 0;
        foreach (var (name, shares) in stored.Pieces)
        {
            var parts = thirds[at..(at + shares)];
            yield return (name, shares == 1 ? parts[0] : Stack(parts[0].Shape, shares, [.. parts.Select(part => part.Data)]));
            at += shares;
        }
    }

    /// <summary>The whole of what a file keeps in pieces.</summary>
    /// <exception cref="ClipException">A piece is missing, or they do not fit each other.</exception>
    public static WeightTensor Join(StoredName stored, IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var pieces = stored.Pieces.Select(p => weights.TryGetValue(p.Name, out var tensor)
            ? (Tensor: tensor, p.Shares)
            : throw new ClipException($"The parameter '{p.Name}' is missing; give a complete checkpoint.")).ToArray();
        var names = string.Join(", ", stored.Pieces.Select(p => p.Name));
        var unit = Unit(pieces[0]);
        if (unit.Length == 0 || pieces.Any(p => !Unit(p).SequenceEqual(unit)))
            throw new ClipException($"The parameters {names} differ in shape; get the checkpoint again.");

        var length = pieces[0].Tensor.Data.Length / pieces[0].Shares;
        if (length > Array.MaxLength / Thirds)
            throw new ClipException($"The parameters {names} together have more values than an array holds; no CLIP's do.");
        var data = pieces.SelectMany(p => Enumerable.Range(0, p.Shares).Select(i => p.Tensor.Data.Slice(i * length, length)));
        return Stack(unit, Thirds, [.. data]);
    }

    private static WeightTensor Stack(IReadOnlyList<long> unit, int count, ReadOnlyMemory<float>[] data) =>
        new([count * unit[0], .. unit.Skip(1)], new StackedFloats(data).Memory);

    /// <summary>The shape of one share; empty for a tensor that has none.</summary>
    private static long[] Unit((WeightTensor Tensor, int Shares) piece) =>
        piece.Tensor.Shape.Count > 0 && piece.Tensor.Shape[0] % piece.Shares == 0
            ? [piece.Tensor.Shape[0] / piece.Shares, .. piece.Tensor.Shape.Skip(1)]
            : [];
}
