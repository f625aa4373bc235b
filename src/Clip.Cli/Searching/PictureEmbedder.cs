using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;

namespace Clip.Cli.Searching;

/// <summary>Embeds pictures, of which some may turn out to be none.</summary>
internal sealed class PictureEmbedder(ClipModel model)
{
    /// <summary>The embeddings of a batch; null for a picture that cannot be read, which is told.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="skipped">Told a picture's id, and what is wrong with it.</param>
    /// <param name="cancellation">Stops between pictures.</param>
    public float[]?[] Embed(IReadOnlyList<FoundPicture> pictures, Action<string, string> skipped, CancellationToken cancellation)
    {
        var tower = model.ImageTower;
        var problems = new string?[pictures.Count];
        var rows = tower.Embed(pictures.Count, pictures.Count, Prepare, cancellation).Chunk(tower.Dimension).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            if (problems[i] is { } problem) skipped(pictures[i].Entry.Id, problem);
            else EmbeddingMath.Normalize(rows[i]);
        }

        return [.. rows.Select((row, i) => problems[i] is null ? row : null)];

        void Prepare(int index, Span<float> pixels)
        {
            try
            {
                using var bytes = pictures[index].Read();
                tower.Preprocessor.Preprocess(bytes.Span, pixels);
            }
            catch (Exception e) when (PictureSources.IsUnreadable(e))
            {
                problems[index] = e.Message;
                pixels.Clear();
            }
        }
    }
}
