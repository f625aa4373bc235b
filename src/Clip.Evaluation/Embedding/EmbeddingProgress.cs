namespace Clip.Evaluation.Embedding;

/// <summary>How far embedding is.</summary>
/// <param name="What">Of what: a data set's name, or "labels of" one.</param>
/// <param name="Done">How many have been embedded, or found in the cache.</param>
/// <param name="Total">Of how many.</param>
internal readonly record struct EmbeddingProgress(string What, int Done, int Total);
