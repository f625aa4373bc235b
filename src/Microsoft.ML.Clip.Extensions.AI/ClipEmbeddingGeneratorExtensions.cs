using Microsoft.ML.Clip;

namespace Microsoft.Extensions.AI;

/// <summary>CLIP's embeddings of texts and of images, which lie in one space, as Microsoft.Extensions.AI's generators.</summary>
/// <remarks>
/// <para>
/// Embeddings have length 1, so the dot product of any two is their cosine similarity. Values are embedded in batches of
/// <see cref="ClipModelOptions.BatchSize"/> on a thread of the pool, in their order; cancellation is looked at between batches of texts
/// and between images. Generators are thread-safe, and as many as wanted may share one model.
/// </para>
/// <para>
/// <see cref="EmbeddingGenerationOptions.Dimensions"/> and <see cref="EmbeddingGenerationOptions.ModelId"/> may be set to what the model
/// has and nothing else (<see cref="ArgumentException"/>): CLIP's embeddings cannot be shortened. <c>GetService</c> gives the
/// <see cref="ClipModel"/> and the <see cref="EmbeddingGeneratorMetadata"/>: provider <c>clip</c>, the folder's name as the model, and
/// the dimension.
/// </para>
/// </remarks>
public static class ClipEmbeddingGeneratorExtensions
{
    /// <summary>A generator of texts' embeddings; its usage counts the tokens read, start and end of text included.</summary>
    /// <param name="model">The model, whose text tower opens on first use.</param>
    /// <param name="disposeModel">
    /// Whether disposing the generator disposes the model; by default it stays the caller's, and disposing does nothing.
    /// </param>
    /// <returns>
    /// The generator. It throws <see cref="FileNotFoundException"/> where the folder has no text model or tokenizer, and
    /// <see cref="ArgumentException"/> where a text is null, or too long and <see cref="ClipModelOptions.TruncateTexts"/> is off.
    /// </returns>
    public static IEmbeddingGenerator<string, Embedding<float>> AsTextEmbeddingGenerator(
        this ClipModel model, bool disposeModel = false) => new ClipTextEmbeddingGenerator(model, disposeModel);

    /// <summary>A generator of images' embeddings from the bytes of their files: JPEG, PNG, GIF, WebP or BMP.</summary>
    /// <param name="model">The model, whose image tower opens on first use.</param>
    /// <param name="disposeModel">
    /// Whether disposing the generator disposes the model; by default it stays the caller's, and disposing does nothing.
    /// </param>
    /// <returns>
    /// The generator. It throws <see cref="FileNotFoundException"/> where the folder has no vision model,
    /// <see cref="ArgumentException"/> where a value is null, carries no data or is not of a media type <c>image/*</c>, and
    /// <see cref="InvalidDataException"/> where the bytes are no image.
    /// </returns>
    public static IEmbeddingGenerator<DataContent, Embedding<float>> AsImageEmbeddingGenerator(
        this ClipModel model, bool disposeModel = false) => new ClipImageEmbeddingGenerator(model, disposeModel);
}
