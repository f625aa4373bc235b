using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>Reads the preprocessing files of Hugging Face and open_clip, each with its own library's defaults.</summary>
internal static class PreprocessingFile
{
    /// <summary>Keys of this project's own, which other software does not know.</summary>
    public const string OrderKey = "preprocessing_order", Gray16Key = "gray16";
    public const string ExifKey = "apply_exif_orientation", DecodeKey = "image_decoding";

    /// <summary>The side that both libraries assume where neither the file nor the model says.</summary>
    private const int DefaultSize = 224;

    private const string Processor = "processor_config.json";
    private const string Preprocessor = "preprocessor_config.json";

    /// <summary>Where a model folder may tell its preprocessing, the first that does so counts.</summary>
    internal static readonly string[] Names =
    [
        Processor, Preprocessor, "preprocess_cfg.json", "onnx/preprocess_cfg.json", "visual/preprocess_cfg.json", "open_clip_config.json",
    ];

    private static readonly string[] OpenClipOnly = ["interpolation", "resize_mode", "mean", "std"];

    /// <summary>All of open_clip's <c>PreprocessCfg</c>; <c>fill_color</c> is for a resizing that is refused.</summary>
    private static readonly string[] OpenClipKeys = [.. OpenClipOnly, "size", "mode", "fill_color"];

    private static readonly string[] HuggingFaceKeys =
    [
        "image_processor_type", "feature_extractor_type", "size", "crop_size", "image_mean", "image_std", "resample", "rescale_factor",
        "do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb", "background",
    ];

    /// <summary>What other models' processors do beside; CLIP's and SigLIP's do none of it.</summary>
    private static readonly string[] Unsupported = ["do_pad", "do_flip_channel_order", "do_thumbnail", "rescale_offset"];

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public static ClipImagePreprocessing Read(string path)
    {
        return ReadIfTold(path) ?? throw new FormatException(
            $"'{path}' tells nothing about the preparing of pictures: it has none of the keys of such files, as size or image_mean.");
    }

    /// <summary>
    /// What the first of a model folder's files tells; null where none does. As transformers does, a <c>processor_config.json</c> (of its
    /// version 5; earlier ones write other things there) goes before a <c>preprocessor_config.json</c>; other software reads the latter
    /// alone, so the two must agree.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="file">The file that told.</param>
    /// <exception cref="FormatException">A file cannot be understood, or two contradict each other.</exception>
    public static ClipImagePreprocessing? ReadFolder(string folder, out string? file)
    {
        string processor = Path.Combine(folder, Processor), own = Path.Combine(folder, Preprocessor);
        if (File.Exists(processor) && File.Exists(own) && ReadIfTold(processor) is { } nested && ReadIfTold(own) is { } flat)
        {
            file = processor;
            return nested == flat ? nested : throw new FormatException(
                $"'{processor}' and '{own}' tell different preparations of pictures; remove the one that is wrong.");
        }

        foreach (var name in Names)
        {
            file = Path.Combine(folder, name);
            if (File.Exists(file) && ReadIfTold(file) is { } found) return found;
        }

        file = null;
        return null;
    }

    /// <summary>What a file tells; null where it is about other things.</summary>
    /// <exception cref="FormatException">It is not understood.</exception>
    internal static ClipImagePreprocessing? ReadIfTold(string path)
    {
        try
        {
            using var document = JsonFile.Read(path, RegularFile.MaxSettings, Lenient);
            var found = Read(new Section(document.RootElement, path, ""));
            if (found is not null) PreprocessingChecks.FindOutputSize(found);
            return found;
        }
        catch (InvalidDataException e)
        {
            throw new FormatException(e.Message, e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new FormatException($"'{path}' cannot be followed: {e.Message}", e);
        }
    }

    private static ClipImagePreprocessing? Read(Section root)
    {
        // An open_clip_config.json without preprocess_cfg means open_clip's defaults at the model's size.
        if (root.Object("preprocess_cfg") is { } nested) return ReadOpenClip(nested.RefuseOthers(OpenClipKeys), ModelSize(root));
        if (root.Object("model_cfg") is not null) return ReadOpenClip(root, ModelSize(root));
        if (root.Object("image_processor") is { } processor) return ReadHuggingFace(processor);
        if (OpenClipOnly.Any(key => root.Find(key) is not null)) return ReadOpenClip(root.RefuseOthers(OpenClipKeys), null);
        return HuggingFaceKeys.Any(key => root.Find(key) is not null) ? ReadHuggingFace(root) : null;
    }

    private static Value? ModelSize(Section root) => root.Object("model_cfg")?.Object("vision_cfg")?.Find("image_size");

    /// <summary>open_clip's <c>PreprocessCfg</c> and <c>image_transform_v2</c>; an absent size is the model's.</summary>
    private static ClipImagePreprocessing ReadOpenClip(Section section, Value? modelSize)
    {
        if (section.Find("mode") is { } mode && mode.String() != "RGB") throw mode.Unknown("RGB");
        var size = section.Find("size") ?? modelSize;
        var (height, width) = size?.HeightWidth() ?? (DefaultSize, DefaultSize);
        var settings = WithNumbers(section, "mean", "std") with
        {
            CropHeight = height,
            CropWidth = width,
            Resample = section.Find("interpolation") switch
            {
                null => ImageResample.Bicubic,
                { } value => value.String() switch
                {
                    "bicubic" => ImageResample.Bicubic,
                    "bilinear" => ImageResample.Bilinear,
                    _ => throw value.Unknown("bicubic or bilinear"),
                },
            },
        };
        switch (section.Find("resize_mode"))
        {
            case { } value when value.String() == "squash":
                return settings with { ResizeHeight = height, ResizeWidth = width, DoCenterCrop = false };
            case { } value when value.String() != "shortest":
                throw value.Unknown("shortest or squash");
            default:
                if (height != width) throw size!.Unknown("square where resize_mode is shortest");
                return settings with { ShortestEdge = height };
        }
    }

    /// <summary>
    /// Hugging Face's <c>CLIPImageProcessor</c> and its like. A bare number means the shortest edge to CLIP's processor and a square to
    /// SigLIP's and ViT's; those two do not crop unless told to.
    /// </summary>
    private static ClipImagePreprocessing ReadHuggingFace(Section section)
    {
        var type = (section.Find("image_processor_type") ?? section.Find("feature_extractor_type"))?.String() ?? "";
        var isSquare = type.StartsWith("Siglip", StringComparison.OrdinalIgnoreCase) || type.StartsWith("ViT", StringComparison.Ordinal);
        foreach (var key in Unsupported)
        {
            if (section.Find(key) is { } asked && asked.Boolean()) throw asked.Unknown("false, for it is not supported");
        }

        var settings = WithNumbers(section, "image_mean", "image_std") with
        {
            DoResize = section.Find("do_resize")?.Boolean() ?? true,
            DoRescale = section.Find("do_rescale")?.Boolean() ?? true,
            DoNormalize = section.Find("do_normalize")?.Boolean() ?? true,
            RescaleFactor = section.Find("rescale_factor")?.Number() ?? 1 / 255.0,
            Background = section.Find("background")?.Color(),
            Order = section.Find(OrderKey)?.OneOf<PreprocessingOrder>() ?? PreprocessingOrder.Original,
            ApplyExifOrientation = section.Find(ExifKey)?.Boolean() ?? false,
            Gray16 = section.Find(Gray16Key)?.OneOf<Gray16Conversion>() ?? Gray16Conversion.Scale,
            Decode = section.Find(DecodeKey)?.OneOf<ImageDecoding>() ?? ImageDecoding.Exact,
            Resample = section.Find("resample") switch
            {
                null => ImageResample.Bicubic,
                { } value => Enum.IsDefined((ImageResample)value.Integer())
                    ? (ImageResample)value.Integer()
                    : throw value.Unknown("0 (nearest), 1 (Lanczos), 2 (bilinear) or 3 (bicubic)"),
            },
        };
        var size = section.Find("size");
        if (size is { IsObject: true } && size.Member("shortest_edge") is { } edge)
        {
            settings = settings with { ShortestEdge = edge.Size() };
        }
        else if (!isSquare && size is null or { IsNumber: true })
        {
            settings = settings with { ShortestEdge = size?.Size() ?? DefaultSize };
        }
        else
        {
            var (height, width) = size?.HeightWidth() ?? (DefaultSize, DefaultSize);
            settings = settings with { ResizeHeight = height, ResizeWidth = width };
        }

        var crop = section.Find("crop_size");
        var cropDefault = crop is not null || settings.ShortestEdge is not null;
        var (cropHeight, cropWidth) = crop?.HeightWidth() ?? (DefaultSize, DefaultSize);
        return settings with
        {
            DoCenterCrop = section.Find("do_center_crop")?.Boolean() ?? cropDefault,
            CropHeight = cropHeight,
            CropWidth = cropWidth,
        };
    }

    private static ClipImagePreprocessing WithNumbers(Section section, string mean, string std)
    {
        var settings = new ClipImagePreprocessing();
        return settings with { Mean = section.Find(mean)?.Triple() ?? settings.Mean, Std = section.Find(std)?.Triple() ?? settings.Std };
    }

    /// <summary>A JSON object and where it stands, for the sentences of errors.</summary>
    private sealed class Section(JsonElement element, string file, string prefix)
    {
        public Value? Find(string key)
        {
            if (element.ValueKind != JsonValueKind.Object) throw new FormatException($"'{file}' does not hold a JSON object.");
            return element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null
                ? new Value(value, file, prefix + key)
                : null;
        }

        /// <summary>What nobody reads would be left out without a word, and pictures prepared otherwise than was asked for.</summary>
        public Section RefuseOthers(string[] known)
        {
            foreach (var key in element.EnumerateObject())
            {
                if (known.Contains(key.Name) || key.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False) continue;
                throw new FormatException(
                    $"'{prefix}{key.Name}' is {JsonFile.Shown(key.Value)} in '{file}', which is not supported; leave it out if pictures "
                    + "were prepared without it.");
            }

            return this;
        }

        public Section? Object(string key) => Find(key) is { IsObject: true } value ? new(value.Element, file, prefix + key + ".") : null;
    }

    /// <summary>A JSON value that knows its key and file.</summary>
    private sealed class Value(JsonElement element, string file, string key)
    {
        public JsonElement Element => element;

        public bool IsObject => element.ValueKind == JsonValueKind.Object;

        public bool IsNumber => element.ValueKind == JsonValueKind.Number;

        public FormatException Unknown(string expected) =>
            new($"'{key}' is {JsonFile.Shown(element)} in '{file}'; it must be {expected}.");

        public string String() => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Unknown("a string");

        public bool Boolean() => element.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Unknown("true or false"),
        };

        public double Number() =>
            IsNumber && element.GetDouble() is var number && float.IsFinite((float)number) ? number : throw Unknown("a number");

        public int Integer() => IsNumber && element.TryGetInt32(out var value) ? value : throw Unknown("a whole number");

        public T OneOf<T>()
            where T : struct, Enum =>
            Enum.TryParse(String(), out T value) && Enum.IsDefined(value) ? value : throw Unknown(string.Join(" or ", Enum.GetNames<T>()));

        public int Size() => Integer() is > 0 and var value ? value : throw Unknown("a positive number of pixels");

        public Value? Member(string name) => element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? new(member, file, $"{key}.{name}")
            : null;

        /// <summary>A number for both sides, [height, width], or an object that names them.</summary>
        public (int Height, int Width) HeightWidth()
        {
            if (IsNumber) return (Size(), Size());
            if (IsObject && Member("height") is { } height && Member("width") is { } width) return (height.Size(), width.Size());
            if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2) return (Item(0).Size(), Item(1).Size());
            throw Unknown("a size in pixels");
        }

        public float[] Triple()
        {
            if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 3) throw Unknown("three numbers");
            return [(float)Item(0).Number(), (float)Item(1).Number(), (float)Item(2).Number()];
        }

        public byte[] Color()
        {
            if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 3) throw Unknown("red, green and blue");
            return
            [
                .. Enumerable.Range(0, 3).Select(i => element[i].TryGetByte(out var part)
                    ? part
                    : throw Unknown("red, green and blue from 0 to 255")),
            ];
        }

        private Value Item(int index) => new(element[index], file, string.Create(CultureInfo.InvariantCulture, $"{key}[{index}]"));
    }
}
