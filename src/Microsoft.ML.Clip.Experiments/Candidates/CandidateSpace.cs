namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>What is tried.</summary>
/// <param name="Rows">How many rows candidates are fitted on.</param>
/// <param name="Classes">How many classes there are.</param>
/// <param name="IsUneven">Whether some classes have clearly more rows than others.</param>
internal sealed record CandidateSpace(int Rows, int Classes, bool IsUneven)
{
    /// <summary>Trees split on single features, and find nothing in fewer rows.</summary>
    private const int FewestForTrees = 50;

    /// <summary>One-versus-all grows trees for each class.</summary>
    private const int MostClassesForFastTree = 30;

    /// <summary>Those that take no fit to speak of.</summary>
    /// <param name="prompts">The sets of prompts; none where there is no text tower.</param>
    public IEnumerable<CandidateSettings> Quick(IReadOnlyList<PromptSet> prompts)
    {
        foreach (var set in prompts)
        {
            yield return Of(CandidateKind.ZeroShot, set);
            foreach (var weight in new[] { 0.25f, 0.5f, 0.75f })
                yield return Of(CandidateKind.Prototypes, set) with { MeanWeight = weight };
        }

        yield return new(CandidateKind.Prototypes) { MeanWeight = 1 };
        foreach (var neighbors in new[] { 1, 3, 5, 9 }.Where(count => count * Classes <= 2 * Rows))
            yield return new(CandidateKind.Neighbors) { Neighbors = neighbors, BalanceClasses = IsUneven };
        // Without prompts the pictures that are kept stand beside the means.
        var settings = prompts.Select(set => Of(CandidateKind.Cache, set)).Append(new(CandidateKind.Cache) { MeanWeight = 1 });
        foreach (var cache in settings)
        {
            foreach (var (weight, sharpness) in new[] { (1f, 5.5f), (3f, 5.5f), (10f, 5.5f), (3f, 20f), (10f, 20f), (30f, 20f) })
            {
                yield return cache with
                {
                    CacheWeight = weight,
                    CacheSharpness = sharpness,
                    BalanceClasses = IsUneven,
                };
            }
        }
    }

    /// <summary>
    /// Linear probes by L-BFGS, whose loss is a sum over rows (standardized features want more regularization), and SDCA as ML.NET sets it,
    /// which is what most would take without an experiment.
    /// </summary>
    public IEnumerable<CandidateSettings> Linear() =>
    [
        .. from standardize in new[] { false, true }
           from l2 in standardize ? new[] { 1f, 10f, 100f, 1000f } : [0.001f, 0.01f, 0.1f, 1f]
           from balance in Balance()
           select new CandidateSettings(CandidateKind.LbfgsMaximumEntropy)
           {
               L2 = l2, Standardize = standardize, BalanceClasses = balance,
           },
        .. Balance().Select(balance => new CandidateSettings(CandidateKind.SdcaMaximumEntropy) { BalanceClasses = balance }),
    ];

    /// <summary>Those that are tried on the features that have done best so far.</summary>
    public IEnumerable<CandidateSettings> Others()
    {
        foreach (var l2 in new[] { 1e-5f, 1e-4f, 1e-3f })
        {
            foreach (var balance in Balance())
                yield return new(CandidateKind.SdcaMaximumEntropy) { L2 = l2, BalanceClasses = balance };
        }

        if (Rows < FewestForTrees) yield break;
        foreach (var kind in new[] { CandidateKind.LightGbm, CandidateKind.FastTree })
        {
            if (kind == CandidateKind.FastTree && Classes > MostClassesForFastTree) continue;
            foreach (var (leaves, least) in new[] { (4, 2), (16, 5) })
            {
                yield return new(kind)
                {
                    Trees = 100,
                    Leaves = leaves,
                    LeastExamples = least,
                    LearningRate = 0.1,
                    BalanceClasses = IsUneven,
                };
            }
        }
    }

    private bool[] Balance() => IsUneven ? [false, true] : [false];

    private static CandidateSettings Of(CandidateKind kind, PromptSet set) =>
        new(kind) { Templates = set.Templates, TemplatesName = set.Name };
}
