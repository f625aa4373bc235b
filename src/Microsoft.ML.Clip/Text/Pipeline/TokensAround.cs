using System.Text.Json;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>The ids that a <c>tokenizer.json</c>'s post-processor puts around one text.</summary>
internal sealed record TokensAround(int[] Before, int[] After)
{
    public static readonly TokensAround None = new([], []);

    public static TokensAround Read(PipelineStep? step)
    {
        if (step is null) return None;
        var around = Create(step);
        step.RequireAllRead();
        return around;
    }

    private static TokensAround Create(PipelineStep step)
    {
        switch (step.Type)
        {
            case "Sequence":
                return step.Parts("processors").Select(Read)
                    .Aggregate(None, (inner, outer) => new([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]));
            case "ByteLevel":
                step.Pass("add_prefix_space", "trim_offsets", "use_regex");
                return None;
            case "BertProcessing":
                return new([Pair(step, "cls")], [Pair(step, "sep")]);
            case "RobertaProcessing":
                step.Pass("trim_offsets", "add_prefix_space");
                return new([Pair(step, "cls")], [Pair(step, "sep")]);
            case "TemplateProcessing":
                return Template(step);
            default:
                throw step.UnknownType();
        }
    }

    /// <summary>A token written as [token, id].</summary>
    private static int Pair(PipelineStep step, string name) =>
        step.Get(name) is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2
            && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out var id)
            ? id
            : throw step.Wrong($"has no [token, id] as '{name}'");

    private static TokensAround Template(PipelineStep step)
    {
        step.Pass("pair");
        var special = step.Part("special_tokens", "post_processor's special_tokens") ?? throw step.Wrong("has no 'special_tokens'");
        var (before, after, texts) = (new List<int>(), new List<int>(), 0);
        foreach (var item in step.Parts("single"))
        {
            var part = item.Part("Sequence", "post_processor's Sequence") ?? item.Part("SpecialToken", "post_processor's SpecialToken")
                ?? throw step.Wrong("has a part in 'single' that is neither a Sequence nor a SpecialToken");
            item.RequireAllRead();
            var name = part.Text("id");
            if (part.Number("type_id") is not (null or 0))
                throw step.Wrong($"gives '{name}' a type_id other than 0, which is not supported");
            part.RequireAllRead();
            if (item.Has("Sequence"))
            {
                if (name != "A" || ++texts > 1) throw step.Wrong("has a 'single' with more than the text $A, which is not supported");
                continue;
            }

            var token = special.Part(name, "post_processor's special token") ?? throw step.Wrong($"names a token '{name}' without its ids");
            (texts == 0 ? before : after).AddRange(token.Items("ids").Select(id => id.GetInt32()));
        }

        return texts == 1 ? new([.. before], [.. after]) : throw step.Wrong("has a 'single' without the text $A");
    }
}
