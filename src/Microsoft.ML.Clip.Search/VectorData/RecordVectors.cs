using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.VectorData;

/// <summary>What may stand where a vector is meant: vectors themselves, and texts and pictures, which the model embeds.</summary>
internal static class RecordVectors
{
    public static bool IsSupported(Type type) => IsVector(type) || type == typeof(string) || type == typeof(DataContent);

    /// <summary>Whether it holds an embedding, and not what one is made of.</summary>
    public static bool IsVector(Type type) =>
        type == typeof(ReadOnlyMemory<float>) || type == typeof(float[]) || type == typeof(Embedding<float>)
        || type == typeof(ReadOnlyMemory<float>?);

    /// <summary>The embeddings of inputs that may be of different kinds, each kind embedded together.</summary>
    /// <exception cref="ArgumentException">One is null, or of another kind.</exception>
    public static float[][] Embed(ClipModel model, IReadOnlyList<object?> inputs, CancellationToken cancellation)
    {
        var embeddings = new float[inputs.Count][];
        var texts = Where(input => input is string);
        var embeddedTexts = texts.Length == 0 ? [] : model.EmbedTexts([.. texts.Select(i => (string)inputs[i]!)], true, cancellation);
        for (var i = 0; i < texts.Length; i++) embeddings[texts[i]] = embeddedTexts[i];
        var images = Where(input => input is DataContent);
        ReadOnlyMemory<byte>[] encoded = [.. images.Select(i => Image((DataContent)inputs[i]!))];
        var embeddedImages = images.Length == 0 ? [] : model.EmbedImages(encoded, true, cancellation);
        for (var i = 0; i < images.Length; i++) embeddings[images[i]] = embeddedImages[i];
        for (var i = 0; i < inputs.Count; i++) embeddings[i] ??= Vector(inputs[i]);
        return embeddings;

        int[] Where(Func<object?, bool> kind) => [.. Enumerable.Range(0, inputs.Count).Where(i => kind(inputs[i]))];
    }

    /// <summary>An embedding as a property's type has it.</summary>
    public static object As(Type type, float[] embedding) =>
        type == typeof(float[]) ? embedding
        : type == typeof(Embedding<float>) ? new Embedding<float>(embedding)
        : (ReadOnlyMemory<float>)embedding;

    private static float[] Vector(object? input) => input switch
    {
        float[] vector => vector,
        ReadOnlyMemory<float> vector => vector.ToArray(),
        Embedding<float> embedding => embedding.Vector.ToArray(),
        null => throw new ArgumentException("A vector is null; give an embedding, or what the model embeds: a text or a picture."),
        _ => throw new ArgumentException(
            $"A vector cannot be made of {input.GetType().Name}; "
            + "give ReadOnlyMemory<float>, float[], Embedding<float>, string or DataContent."),
    };

    private static ReadOnlyMemory<byte> Image(DataContent content) => !content.HasTopLevelMediaType("image")
        ? throw new ArgumentException($"A content is of media type '{content.MediaType}'; give an image's bytes as image/*.")
        : content.Data;
}
