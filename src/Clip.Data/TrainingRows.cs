using Microsoft.ML.Clip.Inference;

namespace Clip.Data;

/// <summary>Rows of token ids for a text tower that is computed in batches of any texts, as in training.</summary>
internal static class TrainingRows
{
    /// <summary>The rows of texts, as the ONNX text tower gets them; what differs says nothing to the tower.</summary>
    /// <param name="rows">How texts become input.</param>
    /// <param name="texts">B texts' ids, not padded; at least one.</param>
    /// <param name="length">L, the rows' length.</param>
    /// <returns>
    /// B × L ids. Padding that an <c>attention_mask</c> hides stands as its complement, −1 − id. Padding that nothing hides, behind texts
    /// that ONNX Runtime is given apart, repeats a text's last id: a causal tower does not look behind the token that it reads, and reads
    /// neither a first end of text nor a first largest id there.
    /// </returns>
    public static long[] Of(TokenRows rows, IReadOnlyList<int[]> texts, out int length)
    {
        length = rows.LengthOf(texts.Max(text => text.Length));
        var all = new long[texts.Count * length];
        Span<long> mask = rows.TakesMask ? new long[length] : default;
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            var row = all.AsSpan(i * length, length);
            if (rows.RunApart)
            {
                row.Fill(text is [.., var last] ? last : rows.Padding.Id);
                for (var j = 0; j < text.Length; j++) row[j] = text[j];
                continue;
            }

            rows.FillIds(text, row);
            if (!rows.TakesMask) continue;
            rows.FillMask(text, mask);
            for (var j = 0; j < length; j++)
            {
                if (mask[j] == 0) row[j] = ~row[j];
            }
        }

        return all;
    }
}
