using System.Numerics.Tensors;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.ZeroShot;

namespace Microsoft.ML.Clip;

/// <summary>
/// Labels and, for each, the direction that images of it should have: the classifier that CLIP's text tower makes of names. A label's
/// embedding is the ensemble of its prompts: each normalised, averaged, normalised again (CLIP paper, section 3.1.4).
/// </summary>
public sealed class ClipLabelEmbeddings
{
    private readonly float[] _rows;

    internal ClipLabelEmbeddings(IReadOnlyList<string> labels, float[] rows)
    {
        Labels = labels;
        _rows = rows;
        Dimension = rows.Length / labels.Count;
    }

    /// <summary>The labels, in the order of the score's slots.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Length of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>All rows, [labels, dimension].</summary>
    internal ReadOnlyMemory<float> Rows => _rows;

    /// <summary>A label's embedding, of length 1.</summary>
    /// <param name="label">The label's index.</param>
    public ReadOnlySpan<float> this[int label] => _rows.AsSpan(label * Dimension, Dimension);

    /// <summary>Embeds labels through templates.</summary>
    /// <param name="model">The model whose text tower embeds them.</param>
    /// <param name="labels">The labels: at least one, all different.</param>
    /// <param name="templates">
    /// Sentences with <c>{}</c> or <c>{c}</c> where the label goes; <see langword="null"/> (default) is
    /// <see cref="PromptTemplates.Default"/>,
    /// <c>{}</c> alone embeds the bare labels.
    /// </param>
    /// <param name="prompts">Whole prompts for some labels, used instead of the templates.</param>
    /// <param name="cancellationToken">Checked before each batch of prompts.</param>
    /// <exception cref="ArgumentException">
    /// There is no label, a label is empty or comes twice, a template has no place for it, prompts are given for a label that is not there,
    /// or two labels are the same to the model, which sees neither case nor the number of spaces.
    /// </exception>
    public static ClipLabelEmbeddings Create(
        ClipModel model,
        IReadOnlyList<string> labels,
        IReadOnlyList<string>? templates = null,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? prompts = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var sentences = Prompts(labels, templates, prompts);
        var tower = model.TextTower;
        RefuseTwins(labels, sentences, sentence => tower.Tokenize(sentence, out _));
        return new ClipLabelEmbeddings([.. labels], [.. Means(model, sentences, cancellationToken).SelectMany(row => row)]);
    }

    /// <summary>For each label the sentences that stand for it; see <see cref="Create"/>.</summary>
    internal static IReadOnlyList<string>[] Prompts(
        IReadOnlyList<string> labels, IReadOnlyList<string>? templates, IReadOnlyDictionary<string, IReadOnlyList<string>>? prompts) =>
        LabelPrompts.Expand(labels, templates, prompts);

    /// <summary>For each label the normalized mean of its sentences' embeddings.</summary>
    internal static float[][] Means(
        ClipModel model, IReadOnlyList<IReadOnlyList<string>> sentences, CancellationToken cancellationToken) =>
        Means(sentences, model.EmbedTexts([.. sentences.SelectMany(s => s)], normalize: true, cancellationToken));

    /// <summary>The same of embeddings that are there: of length 1, following one another label by label.</summary>
    internal static float[][] Means(IReadOnlyList<IReadOnlyList<string>> sentences, float[][] embedded)
    {
        var rows = new float[sentences.Count][];
        var next = 0;
        for (var label = 0; label < rows.Length; label++)
        {
            var row = rows[label] = new float[embedded[0].Length];
            for (var i = 0; i < sentences[label].Count; i++) TensorPrimitives.Add(row, embedded[next++], row);
            EmbeddingMath.Normalize(row);
        }

        return rows;
    }

    /// <summary>
    /// Labels whose prompts have the same tokens would share one probability: "cat", "Cat" and "cat ", or long ones cut at one place.
    /// </summary>
    /// <param name="labels">The labels.</param>
    /// <param name="sentences">For each the sentences that stand for it.</param>
    /// <param name="tokenize">Makes a sentence what the model sees of it.</param>
    /// <exception cref="ArgumentException">Two labels are one text.</exception>
    internal static void RefuseTwins(
        IReadOnlyList<string> labels, IReadOnlyList<IReadOnlyList<string>> sentences, Func<string, int[]> tokenize)
    {
        var first = new Dictionary<string, int>();
        for (var label = 0; label < labels.Count; label++)
        {
            var tokens = string.Join('|', sentences[label].Select(s => string.Join(' ', tokenize(s))));
            if (first.TryAdd(tokens, label)) continue;
            throw new ArgumentException(
                $"The labels '{labels[first[tokens]]}' and '{labels[label]}' are one text to the model, which sees neither case nor spaces "
                + "at the ends, nor what is beyond its context; leave one out, or give them prompts of their own.", nameof(labels));
        }
    }

    /// <summary>Takes embeddings made elsewhere: by another program, or the average of example images.</summary>
    /// <param name="labels">The labels: at least one, all different.</param>
    /// <param name="vectors">One embedding a label, all of one length; they are normalised here.</param>
    /// <exception cref="ArgumentException">The labels are not as said, or the vectors do not fit them.</exception>
    public static ClipLabelEmbeddings FromVectors(IReadOnlyList<string> labels, IReadOnlyList<float[]> vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        LabelPrompts.CheckLabels(labels);
        if (vectors.Count != labels.Count)
            throw new ArgumentException($"{labels.Count} label(s) need as many vectors, not {vectors.Count}.", nameof(vectors));
        var dimension = vectors[0].Length;
        if (vectors.FirstOrDefault(v => v.Length != dimension || dimension == 0) is { } odd)
            throw new ArgumentException($"The vectors must be of one length; there are {dimension} and {odd.Length}.", nameof(vectors));
        var rows = vectors.SelectMany(v => v).ToArray();
        EmbeddingMath.NormalizeRows(rows, dimension);
        return new ClipLabelEmbeddings([.. labels], rows);
    }
}
