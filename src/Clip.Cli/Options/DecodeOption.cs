using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Clip;

namespace Clip.Cli.Options;

/// <summary>Whether large photographs are decoded whole, as the original does, or at a fraction of their size, for speed.</summary>
internal sealed class DecodeOption
{
    public DecodeOption() => Option.AcceptOnlyFromAmong("exact", "scaled");

    public Option<string> Option { get; } = new("--decode")
    {
        Description = "exact, as the original; or scaled: JPEGs much larger than the model's input are decoded at a half, a quarter or an "
            + "eighth of their size, which is several times as fast and gives features close to the exact ones.",
        DefaultValueFactory = _ => "exact",
    };

    public ImageDecoding Parse(ParseResult parsed) => Enum.Parse<ImageDecoding>(parsed.GetValue(Option)!, ignoreCase: true);
}
