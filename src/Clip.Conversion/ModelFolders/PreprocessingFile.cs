using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip;

namespace Clip.Conversion.ModelFolders;

/// <summary>Carries a model's preprocessing over where it is not CLIP's own, which a model folder has anyway.</summary>
internal static class PreprocessingFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Reads a preprocessing file and checks that it is for images of the model's size.</summary>
    /// <exception cref="ClipException">It is not understood, or is for another size.</exception>
    public static ClipImagePreprocessing Read(string path, int imageSize)
    {
        ClipImagePreprocessing found;
        try
        {
            found = ClipImagePreprocessing.Load(path);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or ArgumentException or NotSupportedException)
        {
            throw new ClipException(e.Message, e);
        }

        var (height, width) = found.DoCenterCrop
            ? (found.CropHeight, found.CropWidth)
            : (found.ResizeHeight ?? found.CropHeight, found.ResizeWidth ?? found.CropWidth);
        return (height, width) == (imageSize, imageSize) ? found : throw new ClipException(
            $"{path} prepares images of {height}×{width} but the model takes {imageSize}×{imageSize}; correct it or move it away.");
    }

    /// <summary>Changes a folder's <c>preprocessor_config.json</c>, written for CLIP's own preprocessing, to say this one.</summary>
    public static void Apply(ClipImagePreprocessing preprocessing, string folder)
    {
        var path = Path.Combine(folder, "preprocessor_config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["image_mean"] = Numbers(preprocessing.Mean);
        json["image_std"] = Numbers(preprocessing.Std);
        json["do_normalize"] = preprocessing.DoNormalize;
        json["do_rescale"] = preprocessing.DoRescale;
        json["rescale_factor"] = preprocessing.RescaleFactor;
        json["do_resize"] = preprocessing.DoResize;
        json["do_center_crop"] = preprocessing.DoCenterCrop;
        json["resample"] = (int)preprocessing.Resample;
        if (preprocessing.ShortestEdge is { } edge) json["size"] = new JsonObject { ["shortest_edge"] = edge };
        else if (preprocessing is { ResizeHeight: { } height, ResizeWidth: { } width })
            json["size"] = new JsonObject { ["height"] = height, ["width"] = width };
        File.WriteAllText(path, json.ToJsonString(Indented));
    }

    private static JsonArray Numbers(float[] values) =>
        // Through decimal, for 0.5 is not to become 0.5000000001.
        new([.. values.Select(v => (JsonNode)JsonValue.Create((decimal)v))]);
}
