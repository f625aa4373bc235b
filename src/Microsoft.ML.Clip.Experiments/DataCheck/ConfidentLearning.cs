using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>
/// Labels that are likely wrong, by confident learning (Northcutt, Jiang and Chuang, 2021, "Confident Learning: Estimating Uncertainty
/// in Dataset Labels"). Pictures whose probability of another class is as high as usual for pictures of that one are counted (equations 1
/// and 2); as many as that makes of each class's pictures, those that are most for the other class, are suspects (the paper's "prune by
/// noise rate"). Probabilities must be of models that have not seen the picture.
/// </summary>
internal static class ConfidentLearning
{
    /// <summary>The suspects that the model gives another label, the surest first.</summary>
    /// <param name="labels">For each row its label.</param>
    /// <param name="probabilities">For each row a probability for each label.</param>
    public static IReadOnlyList<ClipSuspectLabel> Of(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities)
    {
        var joint = Joint(labels, probabilities);
        var suspects = new HashSet<int>();
        foreach (var of in Enumerable.Range(0, labels.Count).GroupBy(row => labels[row]))
        {
            var counts = joint[of.Key];
            for (var other = 0; other < counts.Length; other++)
            {
                if (other == of.Key || counts[other] == 0) continue;
                var wrong = (int)Math.Round(of.Count() * counts[other] / (double)counts.Sum(), MidpointRounding.AwayFromZero);
                suspects.UnionWith(
                    of.OrderByDescending(row => probabilities[row][other] - probabilities[row][of.Key]).ThenBy(row => row).Take(wrong));
            }
        }

        // Where the model agrees with the label after all, there is nothing to suspect.
        return
        [
            .. suspects.Select(row => (Row: row, Likely: TensorPrimitives.IndexOfMax<float>(probabilities[row])))
                .Where(s => s.Likely != labels[s.Row])
                .Select(s => new ClipSuspectLabel(
                    s.Row, labels[s.Row], s.Likely, probabilities[s.Row][s.Likely], probabilities[s.Row][labels[s.Row]]))
                .OrderByDescending(s => s.Probability - s.ProbabilityOfLabel).ThenBy(s => s.Row),
        ];
    }

    /// <summary>The confident joint: how many pictures of a label seem to be of another, [label][other].</summary>
    private static int[][] Joint(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities)
    {
        var count = probabilities.Count > 0 ? probabilities[0].Length : 0;
        var usual = Usual(labels, probabilities, count);
        int[][] joint = [.. Enumerable.Range(0, count).Select(_ => new int[count])];
        for (var row = 0; row < labels.Count; row++)
        {
            var (own, likely) = (probabilities[row], -1);
            for (var label = 0; label < count; label++)
            {
                if (own[label] >= usual[label] && (likely < 0 || own[label] > own[likely])) likely = label;
            }

            if (likely >= 0) joint[labels[row]][likely]++;
        }

        return joint;
    }

    /// <summary>The mean probability of each label over the pictures of it; no one reaches that of a label without pictures.</summary>
    private static double[] Usual(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities, int count)
    {
        var (sums, pictures) = (new double[count], new int[count]);
        for (var row = 0; row < labels.Count; row++)
        {
            sums[labels[row]] += probabilities[row][labels[row]];
            pictures[labels[row]]++;
        }

        return [.. sums.Select((sum, label) => pictures[label] > 0 ? sum / pictures[label] : double.PositiveInfinity)];
    }
}
