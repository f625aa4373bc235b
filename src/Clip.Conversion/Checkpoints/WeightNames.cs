namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Tells which of a file's tensors are the model's. Around their names stands what wraps a model (<c>module.</c>, <c>clip_model.</c>) and
/// where a checkpoint keeps it (<c>state_dict.</c>); beside them may be an optimizer's state, an average, or another model.
/// </summary>
internal static class WeightNames
{
    /// <summary>What every model has some of, in any naming: none of them is part of anything else's name.</summary>
    private static readonly string[] Signs =
    [
        "logit_scale", "visual.conv1.weight", "visual.class_embedding", "visual.proj", "visual.attnpool.positional_embedding",
        "visual.trunk.", "token_embedding.weight", "text.token_embedding.weight", "text_projection", "text_projection.weight",
        "vision_model.embeddings.patch_embedding.weight", "vision_model.embeddings.class_embedding", "visual_projection.weight",
        "text_model.embeddings.token_embedding.weight", "text_model.final_layer_norm.weight",
    ];

    /// <summary>
    /// What holds a model by its name alone, so that what lies outside of it is something else's: trainers' keys for the weights, and the
    /// wrappers of distributed training and torch.compile.
    /// </summary>
    private static readonly HashSet<string> Holders =
    [
        "state_dict", "model_state_dict", "model_state", "model_dict", "model", "models", "module", "modules", "_orig_mod", "_model",
        "_module", "_forward_module", "_fsdp_wrapped_module", "network", "net", "params", "parameters", "weights", "state", "checkpoint",
    ];

    /// <summary>What keeps tensors as large as the model's that are not the model.</summary>
    private static readonly string[] Training =
    [
        "optimizer", "optimizers", "optim", "opt", "momentum", "moment", "moments", "grad", "gradients", "scaler", "scheduler",
        "schedulers",
        "lr", "rng", "random", "seed", "loss", "losses", "criterion", "metrics", "metric", "callbacks", "loops", "queue", "args", "config",
    ];

    private static readonly string[] Averages = ["ema", "swa", "average", "averaged", "avg", "shadow", "polyak"];

    /// <summary>Finds the model among a file's tensors.</summary>
    /// <param name="names">The tensors' names.</param>
    /// <param name="path">The file's, for messages.</param>
    /// <param name="leftOut">Another state of the model that is there and not taken, such as its average; null for none.</param>
    /// <returns>What stands before the names of the model's tensors; empty where nothing does, or no model is recognised.</returns>
    /// <exception cref="ClipException">There are several models, or one is part of a larger model.</exception>
    public static string Prefix(IReadOnlyCollection<string> names, string path, out string? leftOut)
    {
        leftOut = null;
        var found = new Dictionary<string, HashSet<string>>();
        foreach (var name in names)
        {
            foreach (var sign in Signs)
            {
                var at = sign[^1] == '.' ? name.IndexOf(sign, StringComparison.Ordinal) : name.Length - sign.Length;
                if (at < 0 || (at > 0 && name[at - 1] != '.') || string.CompareOrdinal(name, at, sign, 0, sign.Length) != 0) continue;
                var prefix = name[..at];
                if (!found.TryGetValue(prefix, out var signs)) found[prefix] = signs = [];
                signs.Add(sign);
            }
        }

        // A loss has a temperature too, and an optimizer moments of everything.
        var models = found.Where(f => f.Value.Any(sign => sign != "logit_scale") && !Words(f.Key).Any(IsTraining)).ToArray();
        // Of what lies in one another the outer is the model: a text tower, of the model that it is part of.
        models = [.. models.Where(m => !models.Any(o =>
            o.Key.Length < m.Key.Length && m.Key.StartsWith(o.Key, StringComparison.Ordinal) && !IsElsewhere(o.Key, m.Key)))];
        if (models.Length == 0) return "";
        var best = models.Min(m => Rank(m.Key));
        var chosen = models.Where(m => Rank(m.Key) == best).ToArray();
        if (chosen.Length > 1)
        {
            var all = string.Join(", ", chosen.Select(m => $"'{m.Key.TrimEnd('.')}'").Order(StringComparer.Ordinal));
            throw new ClipException($"{path} holds several models, {all}, and does not tell which is meant; save that one alone.");
        }

        leftOut = models.Select(m => m.Key).FirstOrDefault(key => key != chosen[0].Key)?.TrimEnd('.');
        RefuseLarger(names, chosen[0].Key, path);
        return chosen[0].Key;
    }

    /// <summary>Whether an inner prefix is another state kept beside an outer model, not a part of it: <c>ema.</c> beside none.</summary>
    private static bool IsElsewhere(string outer, string inner) =>
        Words(inner[outer.Length..]).Any(word => IsAverage(word) || Holders.Contains(word));

    /// <summary>
    /// A model that is part of a larger one is not that model. What lies beside one in another place of the file, or outside of what holds
    /// models by its name, is no part of it.
    /// </summary>
    private static void RefuseLarger(IReadOnlyCollection<string> names, string prefix, string path)
    {
        var words = prefix.TrimEnd('.').Split('.');
        var inner = words.SkipWhile(Holders.Contains).ToArray();
        if (prefix.Length == 0 || inner.Length == 0 || inner.Any(IsAverage)) return;
        var outer = string.Concat(words.Take(words.Length - inner.Length).Select(word => word + "."));
        var stray = names.FirstOrDefault(name =>
            name.StartsWith(outer, StringComparison.Ordinal) && !name.StartsWith(prefix, StringComparison.Ordinal)
            && name.Contains('.')
            && !Words(name[outer.Length..]).Any(word => IsTraining(word) || IsAverage(word) || Holders.Contains(word)));
        if (stray is not null)
            throw new ClipException(
                $"{path} holds a larger model, of which '{prefix.TrimEnd('.')}' looks like a CLIP but '{stray}' is something else; "
                + "save the CLIP's state_dict alone.");
    }

    /// <summary>How likely the model is the one that is meant: what holds models by its name, anything else, an average.</summary>
    private static int Rank(string prefix)
    {
        var words = Words(prefix);
        return words.Any(IsAverage) ? 2 : words.All(Holders.Contains) ? 0 : 1;
    }

    private static string[] Words(string prefix) => prefix.Split('.', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsTraining(string word) => Parts(word).Any(Training.Contains) || word is "exp_avg" or "exp_avg_sq";

    private static bool IsAverage(string word) => Parts(word).Any(Averages.Contains) && !IsTraining(word);

    private static string[] Parts(string word) => word.ToLowerInvariant().Split('_');
}
