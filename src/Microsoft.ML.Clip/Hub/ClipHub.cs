using Microsoft.ML.Clip.Hub;

namespace Microsoft.ML.Clip;

/// <summary>
/// Downloads models by name from the Hugging Face hub into the cache that Python's, JavaScript's and other clients share: what one has
/// downloaded, the others use.
/// </summary>
/// <remarks>
/// The protocol and the cache are those of the hub's documentation ("Hub Local Cache") and of huggingface_hub. Files are held against
/// their published hashes; broken downloads go on where they broke off; two processes at once download once.
/// </remarks>
public static class ClipHub
{
    /// <summary>The model to start with: OpenAI's ViT-B/32 as ONNX files.</summary>
    public const string DefaultModel = "Xenova/clip-vit-base-patch32";

    /// <summary>Models that have a short name, with what is published of them.</summary>
    public static IReadOnlyList<ClipHubModel> KnownModels => KnownModelTable.All;

    /// <summary>Downloads a model's ONNX files, tokenizer and configuration, and nothing that is cached already.</summary>
    /// <param name="model">
    /// A repository such as <c>Xenova/clip-vit-base-patch32</c>, or a short name of <see cref="KnownModels"/>. Repositories with weights
    /// alone, open_clip's names (<c>ViT-B-32:laion2b_s34b_b79k</c>) and OpenAI's archives (<c>openai:ViT-B/32</c>) are found once
    /// <c>clip pull</c> has converted them.
    /// </param>
    /// <param name="options">What to download, from where and to where; default <c>new ClipHubOptions()</c>.</param>
    /// <param name="cancellationToken">Stops the download. What has arrived is kept for the next one.</param>
    /// <returns>The model folder, for <see cref="ClipModel.Open"/> and the estimators.</returns>
    /// <exception cref="ClipHubException">
    /// The model cannot be had; <see cref="ClipHubException.Error"/> tells the kind of fault.
    /// </exception>
    /// <exception cref="ArgumentException">The name is none of the above.</exception>
    public static async Task<string> DownloadAsync(
        string model, ClipHubOptions? options = null, CancellationToken cancellationToken = default)
    {
        var download = new ModelDownload(PretrainedName.Parse(model), options ?? new ClipHubOptions());
        return await download.RunAsync(cancellationToken).ConfigureAwait(false) ?? throw new ClipHubException(
            ClipHubError.NeedsConversion,
            $"{model} has no ONNX files, only weights, which this library does not convert; run 'clip pull {model}' once, after which it "
            + "is found here.");
    }
}
