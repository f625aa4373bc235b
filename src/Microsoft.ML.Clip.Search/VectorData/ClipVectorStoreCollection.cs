using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;

namespace Microsoft.ML.Clip.VectorData;

/// <summary>A collection of a <see cref="ClipVectorStore"/>.</summary>
internal sealed class ClipVectorStoreCollection<TKey, TRecord>(
    string name, SharedIndex shared, ClipModel model, VectorStoreCollectionDefinition? definition) : VectorStoreCollection<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly RecordMapping _mapping = new(RecordShape.Of(typeof(TRecord), definition, model.Dimension));

    public override string Name => name;

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(shared.Exists);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) =>
        Task.Run(shared.Ensure, cancellationToken);

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default)
    {
        shared.Delete();
        return Task.CompletedTask;
    }

    public override Task<TRecord?> GetAsync(
        TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (index, withVector) = (shared.Open(), WithVector(options?.IncludeVectors));
        return Task.FromResult(index.TryGet(RecordMapping.Id(key), out var entry) ? Record(index, entry, withVector) : null);
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var (index, withVector, counts) = (shared.Open(), WithVector(options?.IncludeVectors), filter.Compile());
        await Task.CompletedTask.ConfigureAwait(false);
        // Filtered and ordered without vectors, which only those that are given are filled with.
        var found = index.Entries.Select(entry => (Entry: entry, Record: Record(index, entry, withVector: false)))
            .Where(pair => counts(pair.Record));
        var orders = options?.OrderBy?.Invoke(new()).Values ?? [];
        foreach (var (order, i) in orders.Select((order, i) => (order, i)))
        {
            var value = order.PropertySelector.Compile();
            found = found is IOrderedEnumerable<(ClipIndexEntry Entry, TRecord Record)> ordered && i > 0
                ? order.Ascending ? ordered.ThenBy(pair => value(pair.Record)) : ordered.ThenByDescending(pair => value(pair.Record))
                : order.Ascending ? found.OrderBy(pair => value(pair.Record)) : found.OrderByDescending(pair => value(pair.Record));
        }

        foreach (var (entry, record) in found.Skip(options?.Skip ?? 0).Take(top).ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return withVector ? Record(index, entry, withVector: true) : record;
        }
    }

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) => DeleteAsync([key], cancellationToken);

    public override Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        string[] ids = [.. keys.Select(key => RecordMapping.Id(key))];
        return Task.Run(
            () => shared.Change(index =>
            {
                foreach (var id in ids) index.Remove(id);
            }),
            cancellationToken);
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default) =>
        UpsertAsync([record], cancellationToken);

    public override Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        TRecord[] all = [.. records];
        if (all.Length == 0) return Task.CompletedTask;
        return Task.Run(
            () =>
            {
                var entries = Array.ConvertAll(all, record => _mapping.ToEntry(record));
                var embeddings = RecordVectors.Embed(model, [.. all.Select(_mapping.Shape.Vector.Get)], cancellationToken);
                // All or none of them: a vector without a direction is refused before the first is taken.
                float[][] units = [.. embeddings.Select(embedding => UnitVector.Of(embedding))];
                shared.Change(index =>
                {
                    for (var i = 0; i < entries.Length; i++) index.Upsert(entries[i], units[i]);
                });
            },
            cancellationToken);
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        RequireTheVector(options?.VectorProperty);
        var (index, withVector, filter) = (shared.Open(), WithVector(options?.IncludeVectors), options?.Filter?.Compile());
        var found = await Task.Run(
            () => index.Search(RecordVectors.Embed(model, [searchValue], cancellationToken)[0], new ClipSearchOptions
            {
                Top = top,
                Skip = options?.Skip ?? 0,
                MinScore = (float?)options?.ScoreThreshold,
                Filter = filter is null ? null : entry => filter((TRecord)_mapping.ToRecord(entry, null)),
            }, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        foreach (var result in found)
            yield return new VectorSearchResult<TRecord>(Record(index, result.Entry, withVector), result.Score);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(VectorStoreCollectionMetadata))
            return new VectorStoreCollectionMetadata { VectorStoreSystemName = ClipVectorStore.SystemName, CollectionName = name };
        if (serviceType == typeof(ClipModel)) return model;
        if (serviceType == typeof(ClipImageIndex)) return shared.Open();
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    private TRecord Record(ClipImageIndex index, ClipIndexEntry entry, bool withVector) =>
        (TRecord)_mapping.ToRecord(entry, withVector ? index.GetEmbedding(entry.Id) : null);

    /// <exception cref="NotSupportedException">The record holds what embeddings are made of, and has no place for them.</exception>
    private bool WithVector(bool? isWanted)
    {
        if (isWanted != true) return false;
        if (RecordVectors.IsVector(_mapping.Shape.Vector.Type)) return true;
        throw new NotSupportedException(
            $"'{_mapping.Shape.Vector.Name}' is a {_mapping.Shape.Vector.Type.Name} that the model embeds, so IncludeVectors has no place "
            + "to put vectors; leave it unset.");
    }

    private void RequireTheVector(Expression<Func<TRecord, object?>>? selector)
    {
        if (selector is null) return;
        var body = selector.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : selector.Body;
        if (body is MemberExpression member && member.Member.Name == _mapping.Shape.Vector.Name) return;
        if (typeof(TRecord) == typeof(Dictionary<string, object?>)) return;
        throw new ArgumentException($"'{body}' is no vector of the collection; its vector is '{_mapping.Shape.Vector.Name}'.");
    }
}
