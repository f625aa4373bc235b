using System.CommandLine;
using System.Globalization;
using Clip.Cli.Pretrained;
using Clip.Conversion;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;

namespace Clip.Cli.Commands;

/// <summary><c>clip pull</c>: a model by its name, into the cache that all clients of the hub share.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        var model = new Argument<string?>("model")
        {
            Description =
                $"A repository of the Hugging Face hub such as {ClipHub.DefaultModel}, a short name of --list, open_clip's NAME:TAG such "
                + "as ViT-B-32:laion2b_s34b_b79k, or OpenAI's archive, openai:ViT-B/32.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        model.CompletionSources.Add(_ => ClipHub.KnownModels.Select(known => known.Name));
        var precision = new Option<string>("--precision")
        {
            Description = "Which of its ONNX files: auto (full precision, else what there is), fp32, fp16 or int8.",
            DefaultValueFactory = _ => "auto",
        };
        precision.AcceptOnlyFromAmong("auto", "fp32", "fp16", "int8");
        var revision = new Option<string>("--revision")
        {
            Description = "A branch, a tag or a commit of the repository.",
            DefaultValueFactory = _ => "main",
        };
        var output = new Option<string?>("--output") { Description = "A model folder to copy it to, out of the cache." };
        var list = new Option<bool>("--list") { Description = "Lists the models that have a short name, and downloads nothing." };
        var http = new Option<bool>("--allow-http")
        {
            Description = "Allows an HF_ENDPOINT of plain http, which anyone on the way can read and change.",
        };
        var command = new Command("pull", "Downloads a model by its name, converts it if need be, and prints its folder.")
        {
            model, precision, revision, output, list, http,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(list) && result.GetValue(model) is null)
                result.AddError("Give the name of a model, or --list to see those that have a short one.");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list))
            {
                List();
                return;
            }

            var options = new ClipHubOptions
            {
                Precision = Enum.Parse<ClipPrecision>(parsed.GetValue(precision)!, ignoreCase: true),
                Revision = parsed.GetValue(revision),
                AllowHttp = parsed.GetValue(http),
            };
            var name = PretrainedName.Parse(parsed.GetValue(model)!);
            if (name.Archive is not null && parsed.GetResult(revision) is { Implicit: false })
                throw new ClipException($"--revision is for repositories, and {name.Text} is an archive without any; leave it out.");
            var pull = new ModelPull(name, options);
            Console.WriteLine(parsed.GetValue(output) is { } folder
                ? await pull.CopyAsync(folder, cancellation).ConfigureAwait(false)
                : await pull.RunAsync(cancellation).ConfigureAwait(false));
        });
        return command;
    }

    /// <summary>One line a model, in columns; what is not known is a hyphen.</summary>
    private static void List()
    {
        string[][] rows =
        [
            ["name", "parameters", "dimension", "image", "ImageNet top-1", "languages", "license", "repository"],
            .. ClipHub.KnownModels.Select(m => new[]
            {
                m.Name, Told(m.Parameters, "0.#", " M"), Told(m.Dimension, "0", ""), Told(m.ImageSize, "0", " px"),
                Told(m.ImageNetTop1, "0.0", " %"), m.Languages ?? "-", m.License ?? "-",
                m.IsConverted ? $"{m.Repository} (converted)" : m.Repository,
            }),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            Console.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string Told(double? value, string format, string unit) =>
        value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) + unit : "-";
}
