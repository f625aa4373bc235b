using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>Tells a config that is none from one before memory is taken for it.</summary>
internal static class SizeRules
{
    private const int MaxSide = 1 << 13;

    /// <exception cref="ClipException">The image or its patches are no sizes.</exception>
    public static void Patches(string source, int imageSize, int patchSize)
    {
        ClipConfig.Positive(source, imageSize, "vision image_size", MaxSide);
        ClipConfig.Positive(source, patchSize, "vision patch_size", MaxSide);
        if (patchSize > imageSize)
            throw new ClipException($"{source}: vision patch_size {patchSize} is larger than image_size {imageSize}; correct one.");
        if (imageSize / patchSize is var side && (long)side * side > ClipConfig.MaxTokens)
            throw new ClipException($"{source}: image_size {imageSize} with patch_size {patchSize} makes more tokens than are supported.");
    }

    /// <exception cref="ClipException">A size is none, or the heads do not fit.</exception>
    public static void Block(string source, BlockPlan plan, int layers)
    {
        ClipConfig.Positive(source, plan.Width, "width", ClipConfig.MaxWidth);
        ClipConfig.Positive(source, plan.Heads, "heads", ClipConfig.MaxWidth);
        ClipConfig.Positive(source, plan.Mlp.Width, "MLP width", ClipConfig.MaxMlpWidth);
        ClipConfig.Positive(source, layers, "layers", ClipConfig.MaxLayers);
        ClipConfig.Divides(source, plan.Heads, plan.InnerWidth, "heads", "width");
    }

    /// <exception cref="ClipException">A size is none.</exception>
    public static void Text(string source, int contextLength, int vocabSize, int width)
    {
        ClipConfig.Positive(source, contextLength, "text context length", 4096);
        ClipConfig.Positive(source, vocabSize, "text vocab_size", ClipConfig.MaxVocabulary);
        ClipConfig.Positive(source, width, "text width", ClipConfig.MaxWidth);
        if ((long)vocabSize * width > Array.MaxLength)
            throw new ClipException(
                $"{source}: text vocab_size {vocabSize} times width {width} is more than an array holds; no CLIP's is.");
    }
}
