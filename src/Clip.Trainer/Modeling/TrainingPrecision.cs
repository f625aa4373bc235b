namespace Clip.Trainer.Modeling;

/// <summary>What matrix products and convolutions are computed in; weights, norms, softmax and losses stay in float32.</summary>
public enum TrainingPrecision
{
    /// <summary>float32.</summary>
    Fp32,

    /// <summary>bfloat16: float32's range in half the bits.</summary>
    Bf16,

    /// <summary>
    /// float16, for GPUs without bfloat16: the loss is scaled so that small gradients are not lost, and a step whose gradients overflow is
    /// left out (Micikevicius et al. 2018, "Mixed Precision Training").
    /// </summary>
    Fp16,
}
