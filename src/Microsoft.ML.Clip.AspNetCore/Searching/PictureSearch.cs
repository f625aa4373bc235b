using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;

namespace Microsoft.ML.Clip.AspNetCore.Searching;

/// <summary>Searches the index by words, by a picture, by one of its own, and by any of these together.</summary>
internal sealed class PictureSearch(PictureIndex pictures, ClipEngine engine)
{
    /// <summary>The pictures that a query finds, the best first.</summary>
    /// <exception cref="ApiException">The query is not as it should be, or the queue is full.</exception>
    public async Task<IReadOnlyList<FoundPicture>> FindAsync(PictureQuery query, CancellationToken cancellation)
    {
        var index = pictures.Require();
        if (query.Text is null && query.Image is null && query.Like is null)
        {
            throw ApiException.BadRequest(
                "There is nothing to search by; give words as 'q', a picture as 'image', or an id as 'like'.", "q");
        }

        var parts = new List<(ReadOnlyMemory<float>, float)>();
        string? own = null;
        if (query.Like is { } like)
        {
            own = pictures.Find(like).Id;
            parts.Add((index.GetEmbedding(own) ?? throw PictureIndex.Gone(), query.ImageWeight));
        }

        if (query.Image is { } image)
            parts.Add(((await engine.EmbedImagesAsync([image], ["The image"], cancellation).ConfigureAwait(false))[0], query.ImageWeight));
        string[] texts = [.. query.Text is { } text ? new[] { text } : [], .. query.Without];
        var (embedded, _) = await engine.EmbedTextsAsync(texts, cancellation).ConfigureAwait(false);
        var wanted = query.Text is null ? 0 : 1;
        if (wanted == 1) parts.Add((embedded[0], 1));
        parts.AddRange(embedded.Skip(wanted).Select(e => ((ReadOnlyMemory<float>)e, -query.WithoutWeight)));

        try
        {
            var found = await index.SearchAsync(
                ClipQuery.Combine(parts),
                new ClipSearchOptions
                {
                    Top = query.Top,
                    Skip = query.Skip,
                    Filter = own is null ? null : entry => entry.Id != own,
                },
                cancellation).ConfigureAwait(false);
            return [.. found.Select(FoundPicture.Of)];
        }
        catch (ArgumentException e)
        {
            throw ApiException.BadRequest(ApiException.Sentence(e));
        }
    }
}

/// <summary>What is looked for.</summary>
internal sealed record PictureQuery
{
    /// <summary>The words.</summary>
    public string? Text { get; init; }

    /// <summary>A picture's bytes.</summary>
    public ReadOnlyMemory<byte>? Image { get; init; }

    /// <summary>The id of a picture of the index, which is not found itself.</summary>
    public string? Like { get; init; }

    /// <summary>What is not wanted.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>How much a picture counts, where words count 1.</summary>
    public float ImageWeight { get; init; } = 1;

    /// <summary>How much what is not wanted counts, where words count 1.</summary>
    public float WithoutWeight { get; init; } = 0.5f;

    /// <summary>How many to find.</summary>
    public int Top { get; init; } = 24;

    /// <summary>How many to leave out before.</summary>
    public int Skip { get; init; }
}

/// <summary>A picture that was found.</summary>
/// <param name="Id">What to ask for it by.</param>
/// <param name="Name">Its file's name, without the folder.</param>
/// <param name="Caption">A text about it.</param>
/// <param name="Score">The cosine of its embedding and the query's.</param>
internal sealed record FoundPicture(string Id, string Name, string? Caption, float Score)
{
    public static FoundPicture Of(ClipSearchResult found) =>
        new(PictureIndex.PublicId(found.Id), NameOf(found.Entry), found.Entry.Caption, found.Score);

    public static string NameOf(ClipIndexEntry entry)
    {
        var path = entry.Path ?? entry.Id;
        return path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
    }
}
