using Microsoft.ML.Clip;

namespace Clip.Data.Embedding;

/// <summary>How many pictures and texts are embedded, and where to.</summary>
/// <param name="Output">The folder of the embeddings.</param>
internal sealed record EmbeddingOptions(string Output)
{
    /// <summary>What embeddings are written as.</summary>
    public EmbeddingFormat Format { get; init; }

    /// <summary>Records a file.</summary>
    public int ShardSize { get; init; } = 65_536;

    /// <summary>Pictures or texts that the model takes at once.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether embeddings are made of length 1.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>How large photographs are decoded.</summary>
    public ImageDecoding Decode { get; init; }

    /// <summary>How pictures are read, and how many may be bad.</summary>
    public ReadingOptions Reading { get; init; } = new();
}

/// <summary>What embeddings are written as.</summary>
internal enum EmbeddingFormat
{
    /// <summary>Parquet: <c>id</c>, a list of floats <c>embedding</c>, and the <c>text</c> of texts.</summary>
    Parquet,

    /// <summary>clip-retrieval's: a NumPy matrix, and its rows' ids in a Parquet file of the same number.</summary>
    Npy,
}
