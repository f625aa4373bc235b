using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>Turns the cosines of an image to all labels into scores.</summary>
/// <param name="Scale">The factor on cosines.</param>
/// <param name="Bias">
/// What is added: the score of a label is then its sigmoid, whatever the other labels (SigLIP, equation 1). Null: the softmax over all
/// labels (CLIP).
/// </param>
internal readonly record struct ClipScoring(float Scale, float? Bias)
{
    /// <summary>Replaces cosines by scores.</summary>
    public void Apply(Span<float> cosines)
    {
        TensorPrimitives.Multiply(cosines, Scale, cosines);
        if (Bias is { } bias)
        {
            TensorPrimitives.Add(cosines, bias, cosines);
            TensorPrimitives.Sigmoid(cosines, cosines);
            return;
        }

        // exp(100) does not fit a float: the largest logit goes to 0 first.
        TensorPrimitives.Subtract(cosines, TensorPrimitives.Max(cosines), cosines);
        TensorPrimitives.SoftMax(cosines, cosines);
    }
}
