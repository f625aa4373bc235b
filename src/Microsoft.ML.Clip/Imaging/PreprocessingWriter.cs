using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>Writes preprocessing by the keys of Hugging Face's image processors; <see cref="PreprocessingFile"/> reads it back.</summary>
internal static class PreprocessingWriter
{
    private static readonly double[] Published = [0.48145466, 0.4578275, 0.40821073, 0.26862954, 0.26130258, 0.27577711];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static byte[] Write(ClipImagePreprocessing settings)
    {
        // Hugging Face's SigLIP processor squashes and does not crop; CLIP's does whatever the keys say.
        var isSquash = settings is { ShortestEdge: null, ResizeHeight: not null, DoCenterCrop: false };
        var json = new JsonObject
        {
            ["do_center_crop"] = settings.DoCenterCrop,
            ["do_convert_rgb"] = true,
            ["do_normalize"] = settings.DoNormalize,
            ["do_rescale"] = settings.DoRescale,
            ["do_resize"] = settings.DoResize,
            ["image_mean"] = Numbers(settings.Mean),
            ["image_processor_type"] = isSquash ? "SiglipImageProcessor" : "CLIPImageProcessor",
            ["image_std"] = Numbers(settings.Std),
            // Pillow's numbers, as the enumeration's are.
            ["resample"] = (int)settings.Resample,
            ["rescale_factor"] = settings.RescaleFactor,
        };
        if (isSquash) json["processor_class"] = "SiglipProcessor";
        if (settings is { CropHeight: > 0, CropWidth: > 0 }) json["crop_size"] = Sides(settings.CropHeight, settings.CropWidth);
        if (settings.ShortestEdge is { } edge) json["size"] = new JsonObject { ["shortest_edge"] = edge };
        else if (settings is { ResizeHeight: { } height, ResizeWidth: { } width }) json["size"] = Sides(height, width);
        if (settings.Background is { Length: 3 } background)
            json["background"] = new JsonArray(background[0], background[1], background[2]);
        if (settings.Order != PreprocessingOrder.Original) json[PreprocessingFile.OrderKey] = settings.Order.ToString();
        if (settings.Gray16 != Gray16Conversion.Scale) json[PreprocessingFile.Gray16Key] = settings.Gray16.ToString();
        if (settings.ApplyExifOrientation) json[PreprocessingFile.ExifKey] = true;
        if (settings.Decode != ImageDecoding.Exact) json[PreprocessingFile.DecodeKey] = settings.Decode.ToString();
        return JsonSerializer.SerializeToUtf8Bytes(json, Indented);
    }

    private static JsonObject Sides(int height, int width) => new() { ["height"] = height, ["width"] = width };

    /// <summary>
    /// A number's own shortest digits, which are read back to the same bits; of OpenAI's, which have more than a float tells apart, those
    /// that were published, for other software computes with them in double precision.
    /// </summary>
    private static JsonArray Numbers(float[] values) => new(
    [
        .. values.Select(value =>
        {
            var published = Array.Find(Published, number => (float)number == value);
            return published == 0 ? (JsonNode)value : published;
        }),
    ]);
}
