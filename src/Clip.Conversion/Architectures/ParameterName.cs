namespace Clip.Conversion.Architectures;

/// <summary>
/// What a parameter, or a part that parameters belong to, is called here and in the files of others. Where another's parameter is
/// kept in pieces, their names stand in braces: <c>{q,k,v}_proj.weight</c> are <c>q_proj.weight</c> and so on, stacked row by row; a
/// piece of several letters holds as many equal shares.
/// </summary>
/// <param name="Name">OpenAI's name, or one made in its way.</param>
/// <param name="HuggingFace">The name in Hugging Face's <c>CLIPModel</c> or <c>SiglipModel</c>; null where neither has it.</param>
/// <param name="Timm">The name in open_clip's SigLIP models, whose image tower is timm's; null where none has it.</param>
internal sealed record ParameterName(string Name, string? HuggingFace = null, string? Timm = null)
{
    /// <summary>Whether Hugging Face stores the matrix the other way round.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>The part's weight.</summary>
    public ParameterName Weight => this + ".weight";

    /// <summary>The part's bias.</summary>
    public ParameterName Bias => this + ".bias";

    /// <summary>A part of this one, called the same everywhere.</summary>
    public static ParameterName operator +(ParameterName name, string part) => name + new ParameterName(part, part, part);

    /// <summary>A part of this one.</summary>
    public static ParameterName operator +(ParameterName name, ParameterName part) => new(
        name.Name + part.Name, Join(name.HuggingFace, part.HuggingFace), Join(name.Timm, part.Timm));

    /// <summary>The name here, for use where no other counts.</summary>
    public static implicit operator string(ParameterName name) => name.Name;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string? Join(string? name, string? part) => name is null || part is null ? null : name + part;
}
