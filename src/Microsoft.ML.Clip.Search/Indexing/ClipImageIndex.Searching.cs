using Microsoft.ML.Clip.Indexing;
using Microsoft.ML.Clip.Storage;

namespace Microsoft.ML.Clip;

/// <content>What is asked of an index.</content>
public sealed partial class ClipImageIndex
{
    /// <summary>The pictures closest to a query, the closest first; where scores are the same, the one added first.</summary>
    /// <param name="query">An embedding of <see cref="Dimension"/> floats, of any length but 0.</param>
    /// <param name="options">How many, and which; default: the ten best of all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">The query is of another dimension, or has no direction.</exception>
    /// <exception cref="InvalidOperationException">An approximate search is asked for, and there is no graph for it.</exception>
    public IReadOnlyList<ClipSearchResult> Search(
        ReadOnlySpan<float> query, ClipSearchOptions? options = null, CancellationToken cancellationToken = default) =>
        SearchUnits([CheckedQuery(query)], options, cancellationToken)[0];

    /// <summary>Searches for several queries in one pass over the index, which is faster than one by one.</summary>
    /// <param name="queries">Embeddings of <see cref="Dimension"/> floats.</param>
    /// <param name="options">How many, and which; default: the ten best of all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What each query found, in their order.</returns>
    /// <exception cref="ArgumentException">A query is of another dimension, or has no direction.</exception>
    public IReadOnlyList<IReadOnlyList<ClipSearchResult>> SearchMany(
        IReadOnlyList<ReadOnlyMemory<float>> queries, ClipSearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        return SearchUnits([.. queries.Select(query => CheckedQuery(query.Span))], options, cancellationToken);
    }

    /// <summary>Searches off the caller's thread.</summary>
    /// <inheritdoc cref="Search(ReadOnlySpan{float}, ClipSearchOptions?, CancellationToken)"/>
    public Task<IReadOnlyList<ClipSearchResult>> SearchAsync(
        ReadOnlyMemory<float> query, ClipSearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Search(query.Span, options, cancellationToken), cancellationToken);

    /// <summary>Searches by words, off the caller's thread.</summary>
    /// <param name="model">The model that the index was made with.</param>
    /// <param name="text">The words.</param>
    /// <param name="options">How many, and which; default: the ten best of all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">The index is of another model.</exception>
    public Task<IReadOnlyList<ClipSearchResult>> SearchAsync(
        ClipModel model, string text, ClipSearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Task.Run(
            () =>
            {
                RequireModel(model);
                return Search(model.EmbedText(text), options, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>Pictures that are nearly the same, in groups: each is that close to another of its group.</summary>
    /// <param name="minScore">How close: the cosine of two pictures' embeddings, 1 for the same.</param>
    /// <param name="progress">Told how many pictures have been compared, of <see cref="Count"/>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// Groups of two and more, the largest first. A group begins with the picture added first, and each has its score with that one.
    /// </returns>
    public IReadOnlyList<IReadOnlyList<ClipSearchResult>> FindDuplicates(
        float minScore = 0.95f, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!(minScore is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(minScore), minScore, "The score of duplicates is above 0 and at most 1.");
        return Reading(() => Duplicates.Find(_content, minScore, progress, cancellationToken));
    }

    private ClipSearchResult[][] SearchUnits(
        IReadOnlyList<float[]> queries, ClipSearchOptions? options, CancellationToken cancellation)
    {
        options ??= new ClipSearchOptions();
        options.Check();
        return Reading(() => options is { Approximate: true, Filter: null }
            ? _content.SearchGraph(Path, _generation, queries, options)
            : _content.Search(queries, options, cancellation));
    }
}
