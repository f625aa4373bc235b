using Microsoft.ML.Clip.AspNetCore.Requests;

namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>The embeddings of lists of labels: a list is embedded once, for as long as it is among the last that were asked for.</summary>
internal sealed class LabelCache(ClipEngine engine)
{
    /// <summary>ImageNet's thousand names through its eighty templates are more; its seven of the simple ones are not.</summary>
    private const int MaxPrompts = 10_000;

    private const int Kept = 64;

    private readonly LinkedList<(string Key, ClipLabelEmbeddings Labels)> _last = [];
    private readonly Lock _gate = new();

    /// <summary>A list's embeddings.</summary>
    /// <exception cref="ApiException">The labels or templates are not as they should be, or the queue is full.</exception>
    public async Task<ClipLabelEmbeddings> GetAsync(
        IReadOnlyList<string> labels, IReadOnlyList<string> templates, CancellationToken cancellation)
    {
        var key = string.Join('\n', [.. labels.Select(Escape), "", .. templates.Select(Escape)]);
        if (Find(key) is { } known) return known;
        if ((long)labels.Count * templates.Count > MaxPrompts)
        {
            throw ApiException.BadRequest(
                $"{labels.Count} labels in {templates.Count} templates are {(long)labels.Count * templates.Count} prompts; "
                + $"there may be {MaxPrompts}.", "labels");
        }

        IReadOnlyList<string>[] prompts;
        try
        {
            prompts = ClipLabelEmbeddings.Prompts(labels, templates, prompts: null);
            ClipLabelEmbeddings.RefuseTwins(labels, prompts, prompt => engine.Model.TextTower.Tokenize(prompt, out _));
        }
        catch (ArgumentException e)
        {
            throw ApiException.BadRequest(ApiException.Sentence(e), e.ParamName);
        }

        var (embeddings, _) = await engine.EmbedTextsAsync([.. prompts.SelectMany(p => p)], cancellation).ConfigureAwait(false);
        var rows = ClipLabelEmbeddings.Means(prompts, embeddings).SelectMany(row => row);
        var made = new ClipLabelEmbeddings([.. labels], [.. rows]);
        Keep(key, made);
        return made;
    }

    private static string Escape(string text) =>
        text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    private ClipLabelEmbeddings? Find(string key)
    {
        lock (_gate)
        {
            for (var node = _last.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key) continue;
                _last.Remove(node);
                _last.AddFirst(node);
                return node.Value.Labels;
            }

            return null;
        }
    }

    private void Keep(string key, ClipLabelEmbeddings labels)
    {
        lock (_gate)
        {
            _last.AddFirst((key, labels));
            if (_last.Count > Kept) _last.RemoveLast();
        }
    }
}
