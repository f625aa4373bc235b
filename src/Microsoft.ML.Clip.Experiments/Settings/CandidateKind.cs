namespace Microsoft.ML.Clip.Experiments;

/// <summary>The kinds of classifiers that are tried, from the simplest to the least simple.</summary>
internal enum CandidateKind
{
    ZeroShot,
    Prototypes,
    Neighbors,
    Cache,
    LbfgsMaximumEntropy,
    SdcaMaximumEntropy,
    LightGbm,
    FastTree,
    Average,
}
