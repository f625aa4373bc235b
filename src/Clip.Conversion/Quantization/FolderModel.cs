using System.Text.Json;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Zoo;
using Clip.Conversion.Zoo.Reading;

namespace Clip.Conversion.Quantization;

/// <summary>A model folder's model as its graphs are written again: a CLIP or SigLIP, or one of the zoo's families.</summary>
internal sealed record FolderModel
{
    /// <summary>The weights, by the names that the graphs ask for.</summary>
    public required IReadOnlyDictionary<string, WeightTensor> Weights { get; init; }

    /// <summary>Its ONNX files, without suffix.</summary>
    public required IReadOnlyList<string> Stems { get; init; }

    /// <summary>The matrices that stay float in 8-bit files.</summary>
    public required IReadOnlySet<string> Projections { get; init; }

    /// <summary>Height and width of its pictures.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Whether its image tower has convolutions whose 8-bit numbers need ranges measured on samples.</summary>
    public required bool IsConvolutional { get; init; }

    /// <summary>Writes the graph of a file.</summary>
    public required Func<string, OnnxPrecision, Int8Options?, GraphProto> Graph { get; init; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="ClipException">It lacks config or weights, they do not fit, or it has no ONNX files of its own.</exception>
    public static FolderModel Open(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (File.Exists(path) && ZooOf(path, folder) is { } zoo) return zoo;
        var config = ClipConfigJson.Load(folder);
        if (config.TextSide != TextSide.Tower)
            throw new ClipException(
                $"{folder} holds a model of `Objective` {(config.TextSide == TextSide.Captioner ? "virtex" : "bow")}, "
                + "which has no text tower and is used in torch; "
                + "give a model with ONNX files of both towers.");
        var weights = CheckpointFile.Load(folder);
        return new FolderModel
        {
            Weights = weights,
            Stems = ClipOnnxExporter.StemsOf(config),
            Projections = ParameterLayout.Of(config).Projections,
            ImageSize = config.Vision.ImageSize,
            IsConvolutional = config.Vision is ResNetConfig,
            Graph = (stem, precision, int8) => ClipOnnxExporter.Graph(stem, config, weights, precision, int8),
        };
    }

    private static FolderModel? ZooOf(string path, string folder)
    {
        try
        {
            using var document = JsonDocument.Parse(WeightFile.ReadSettings(path));
            if (!ZooConfig.Asks(document.RootElement)) return null;
            var weights = CheckpointFile.LoadAsNamed(folder);
            var model = ZooConfig.Read(document.RootElement, weights, path);
            return new FolderModel
            {
                Weights = weights,
                Stems = ZooExporter.StemsOf(model),
                Projections = ZooExporter.Projections(model),
                ImageSize = model.Image?.ImageSize ?? 0,
                IsConvolutional = model.Image?.IsConvolutional == true,
                Graph = (stem, precision, int8) => ZooExporter.Graph(stem, model, weights, precision, int8),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ClipException($"{path} is not a model's config: {e.Message}", e);
        }
    }
}
