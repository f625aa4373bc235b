using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Outermost around middleware: tells it, by the options, which model it is about, as a cache's keys must know.</summary>
internal sealed class FingerprintedEmbeddingGenerator<TInput>(IEmbeddingGenerator<TInput, Embedding<float>> inner, ClipModel model)
    : DelegatingEmbeddingGenerator<TInput, Embedding<float>>(inner)
{
    private const string Key = "clip.model";

    public override Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = options?.Clone() ?? new EmbeddingGenerationOptions();
        options.AdditionalProperties ??= [];
        options.AdditionalProperties[Key] = model.Fingerprint;
        return base.GenerateAsync(values, options, cancellationToken);
    }
}
