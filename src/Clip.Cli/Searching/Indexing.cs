using System.Globalization;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>What bringing an index up to date came to.</summary>
internal sealed record IndexingOutcome(int Pictures, int New, int Changed, int Gone, int Broken)
{
    public bool HasChanges => New + Changed + Gone > 0;

    /// <summary>For people.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        Add(New, "new");
        Add(Changed, "changed");
        Add(Gone, "gone");
        Add(Broken, "broken");
        var counts = parts.Count == 0 ? "" : $" ({string.Join(", ", parts)})";
        return string.Create(CultureInfo.InvariantCulture, $"{Pictures} {(Pictures == 1 ? "picture" : "pictures")}{counts}");

        void Add(int count, string what)
        {
            if (count > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {what}"));
        }
    }
}

/// <summary>Brings a store up to date with pictures: embeds what is new or has changed, and takes out what is there no more.</summary>
internal sealed class Indexing(IPictureStore store, PictureEmbedder embedder, int batchSize)
{
    /// <summary>What was told to be broken, by its id and as it was; a watch tells it once.</summary>
    private readonly HashSet<ClipIndexEntry> _broken = [];

    /// <summary>Goes over the pictures once.</summary>
    /// <param name="sources">The pictures.</param>
    /// <param name="display">Shown how far it is.</param>
    /// <param name="cancellation">Stops between batches; what has been embedded is kept.</param>
    /// <exception cref="ClipException">None of the pictures that the index has is among them, or none can be read.</exception>
    public async Task<IndexingOutcome> RunAsync(PictureSources sources, IndexingDisplay display, CancellationToken cancellation)
    {
        var known = await store.EntriesAsync(cancellation).ConfigureAwait(false);
        var gone = known.Keys.ToHashSet(StringComparer.Ordinal);
        var (todo, recaptioned) = (new List<FoundPicture>(), new List<FoundPicture>());
        int found = 0, broken = 0;
        foreach (var picture in sources.Find(Skip))
        {
            cancellation.ThrowIfCancellationRequested();
            found++;
            gone.Remove(picture.Entry.Id);
            if (_broken.Contains(picture.Entry)) broken++;
            else if (!known.TryGetValue(picture.Entry.Id, out var entry) || !picture.IsUnchanged(entry)) todo.Add(picture);
            else if (entry.Caption != picture.Entry.Caption) recaptioned.Add(picture);
        }

        if (known.Count > 0 && gone.Count == known.Count && !known.Values.Any(sources.Covers))
        {
            throw new ClipException(
                $"{store.Name} has {known.Count} pictures, none of which is among those given: {known.Keys.First()}; "
                + "give another place for an index of its own, or delete that one.");
        }

        // Pictures that have become unreadable are told below, and leave.
        int added = 0, changed = recaptioned.Count;
        foreach (var batch in recaptioned.Chunk(batchSize))
        {
            var embeddings = new List<(ClipIndexEntry, float[])>();
            foreach (var picture in batch)
            {
                var embedding = await store.EmbeddingAsync(picture.Entry.Id, cancellation).ConfigureAwait(false);
                embeddings.Add((picture.Entry, embedding!));
            }

            await store.UpsertAsync(embeddings, cancellation).ConfigureAwait(false);
        }

        using (display.Start(todo.Count))
        {
            foreach (var batch in todo.Chunk(batchSize))
            {
                var embeddings = embedder.Embed(batch, Skip, cancellation);
                List<(ClipIndexEntry Entry, float[] Embedding)> good = [];
                for (var i = 0; i < batch.Length; i++)
                {
                    var entry = batch[i].Entry;
                    if (embeddings[i] is { } embedding) good.Add((entry, embedding));
                    else _broken.Add(entry);
                    if (embeddings[i] is null && known.ContainsKey(entry.Id)) gone.Add(entry.Id);
                }

                if (good.Count > 0) await store.UpsertAsync(good, cancellation).ConfigureAwait(false);
                changed += good.Count(picture => known.ContainsKey(picture.Entry.Id));
                added += good.Count(picture => !known.ContainsKey(picture.Entry.Id));
                display.Advance(batch.Length);
            }
        }

        var pictures = known.Count + added - gone.Count;
        if (pictures == 0)
            throw new ClipException($"None of the {found} pictures can be read, so nothing is indexed; the reasons are above.");
        if (gone.Count > 0) await store.RemoveAsync(gone, cancellation).ConfigureAwait(false);
        await store.CommitAsync(cancellation).ConfigureAwait(false);
        return new IndexingOutcome(pictures, added, changed, gone.Count, broken);

        void Skip(string name, string reason)
        {
            broken++;
            display.Skipped(name, reason);
        }
    }
}
