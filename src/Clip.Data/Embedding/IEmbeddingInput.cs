namespace Clip.Data.Embedding;

/// <summary>What is embedded: pictures or texts, by the number of the record that they are of.</summary>
internal interface IEmbeddingInput
{
    /// <summary>"images" or "texts": what files are named after.</summary>
    string Kind { get; }

    /// <summary>Records.</summary>
    int Count { get; }

    /// <summary>Tells these records from others.</summary>
    string Fingerprint { get; }

    /// <summary>Length of an embedding.</summary>
    int Dimension { get; }

    /// <summary>Whether rows have a text beside their id.</summary>
    bool HasTexts { get; }

    /// <summary>Embeds a run of records, in their order.</summary>
    /// <param name="first">The first.</param>
    /// <param name="end">The one behind the last.</param>
    /// <param name="bad">Takes those that cannot be embedded, with the reason.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Batches of rows.</returns>
    IEnumerable<EmbeddingRows> Embed(int first, int end, Action<string, string> bad, CancellationToken cancellation);
}

/// <summary>Embedded rows.</summary>
/// <param name="Ids">What each is of.</param>
/// <param name="Values">As many embeddings, one behind the other; good until the next batch is asked for.</param>
/// <param name="Texts">The texts, where that is what was embedded.</param>
internal sealed record EmbeddingRows(IReadOnlyList<string> Ids, ReadOnlyMemory<float> Values, IReadOnlyList<string>? Texts = null);
