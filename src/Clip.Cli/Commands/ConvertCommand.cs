using System.CommandLine;
using Clip.Cli.Options;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;

namespace Clip.Cli.Commands;

/// <summary><c>clip convert</c>: what people have in, a model folder out.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("checkpoint")
        {
            Description = "A checkpoint (.pt, .bin, .safetensors, an index of shards) or a folder with one.",
        };
        var output = new Option<string>("--output") { Description = "The model folder to write.", Required = true };
        var precision = new Option<string>("--precision")
        {
            Description = "How the ONNX files store their weights: fp32, fp16, int8, or several, separated by commas.",
            DefaultValueFactory = _ => "fp32",
        };
        var config = new Option<string?>("--config")
        {
            Description =
                "A config.json, an open_clip config, a run's run.json, or the name of one that comes with the program; else the one "
                + "beside the checkpoint, or what the weights tell.",
        };
        var tokenizer = new Option<string?>("--tokenizer") { Description = TokenizerFiles.Forms };
        var quick = new Option<bool>("--quick-gelu") { Description = "The model was trained with quick-GELU, as OpenAI's." };
        var gelu = new Option<bool>("--gelu") { Description = "The model was trained with GELU, as most of open_clip's." };
        var visionHeads = new Option<int?>("--vision-heads")
        {
            Description = "The image tower's attention heads where neither a config nor a published width tells them.",
        };
        var textHeads = new Option<int?>("--text-heads")
        {
            Description = "The text tower's attention heads where neither a config nor a published width tells them.",
        };
        var command = new Command("convert", "Converts a CLIP checkpoint to a model folder for ML.NET, transformers.js and ONNX Runtime.")
        {
            checkpoint, output, precision, config, tokenizer, quick, gelu, visionHeads, textHeads,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(quick) && result.GetValue(gelu)) result.AddError("--quick-gelu and --gelu exclude each other; give one.");
        });
        command.SetAction(parsed => new ModelConversion(
            new ConversionOptions
            {
                Checkpoint = parsed.GetValue(checkpoint)!,
                Output = parsed.GetValue(output)!,
                Precisions = Precisions(parsed.GetValue(precision)!),
                Config = parsed.GetValue(config),
                Tokenizer = parsed.GetValue(tokenizer),
                Activation = parsed.GetValue(quick) ? Activation.QuickGelu : parsed.GetValue(gelu) ? Activation.Gelu : null,
                VisionHeads = parsed.GetValue(visionHeads),
                TextHeads = parsed.GetValue(textHeads),
            },
            line => Console.WriteLine(Flags.In(line)),
            line => Console.Error.WriteLine($"clip: warning: {Flags.In(line)}")).Run());
        return command;
    }

    private static OnnxPrecision[] Precisions(string names) =>
    [
        .. names.Split(',', StringSplitOptions.TrimEntries).Select(name => name switch
        {
            "fp32" => OnnxPrecision.Fp32,
            "fp16" => OnnxPrecision.Fp16,
            "int8" => OnnxPrecision.Int8,
            _ => throw new ClipException($"--precision '{name}' is not known; give fp32, fp16 or int8, or several, separated by commas."),
        }).Distinct(),
    ];
}
