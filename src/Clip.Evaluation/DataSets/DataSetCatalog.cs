using Microsoft.ML.Clip;

namespace Clip.Evaluation.DataSets;

/// <summary>The data sets that are known by name.</summary>
internal static partial class DataSetCatalog
{
    private static readonly string[] TrainTest = ["test", "train"];
    private static readonly string[] All = ["all"];

    /// <summary>Every set, in the order in which they are told.</summary>
    public static IReadOnlyList<DataSet> Sets { get; } = [.. Article(), .. ImageNets(), .. Small(), .. Fine(), .. Captioned()];

    /// <summary>The set of a name or another name of it; null where there is none.</summary>
    public static DataSet? Find(string name) => Sets.FirstOrDefault(set =>
        set.Aliases.Append(set.Name).Any(known => Plain(known) == Plain(name)));

    /// <summary>How people write names: <c>Food-101</c>, <c>food101</c>, <c>imagenet_a</c>.</summary>
    public static string Plain(string name) =>
        name.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    /// <summary>Those that the article shows.</summary>
    private static IEnumerable<DataSet> Article() =>
    [
        new()
        {
            Name = "food101",
            Title = "Food-101",
            License = "not stated; pictures from Foodspotting, for research",
            Size = "101,000 pictures, 5 GB",
            Source = "ETH Zürich's page of Food-101 (data.vision.ee.ethz.ch/cvl/datasets_extra/food-101), food-101.tar.gz",
            Layout = "images/apple_pie/1011328.jpg ..., meta/classes.txt, meta/test.txt and train.txt (or .json).",
            Splits = TrainTest,
            Counts = Counts(("test", 25_250), ("train", 75_750)),
            Classes = 101,
            Templates = PromptTemplates.Food101,
            Folders = ["food-101"],
            Reader = Food101.Read,
        },
        new()
        {
            Name = "sun397",
            Title = "SUN397",
            License = "not stated; for research",
            Size = "108,754 pictures, 39 GB",
            Source = "Princeton's page of the SUN database (vision.princeton.edu/projects/2010/SUN), SUN397.tar.gz and Partitions.zip",
            Layout = "a/abbey/sun_aakbdcgfpksytcwj.jpg ..., ClassName.txt, Testing_01.txt and Training_01.txt.",
            Splits = ["test", "train", "all"],
            Counts = Counts(("test", 19_850), ("train", 19_850), ("all", 108_754)),
            Classes = 397,
            Templates = PromptTemplates.Sun397,
            Folders = ["SUN397"],
            Reader = Sun397.Read,
        },
        new()
        {
            Name = "eurosat",
            Title = "EuroSAT",
            License = "MIT; Copernicus Sentinel data",
            Size = "27,000 pictures of 64 by 64, 0.1 GB",
            Source = "its authors' repository (github.com/phelber/EuroSAT), EuroSAT.zip with RGB",
            Layout = "2750/AnnualCrop/AnnualCrop_1.jpg ... and nine more classes.",
            Splits = All,
            Counts = Counts(("all", 27_000)),
            Classes = 10,
            Templates = PromptTemplates.EuroSat,
            Folders = ["2750", "EuroSAT", "EuroSAT_RGB", "eurosat/2750"],
            Reader = (folder, _) => ClassFolderSets.EuroSat(folder),
        },
        new()
        {
            Name = "youtube-bb",
            Aliases = ["ytbb", "youtube-boundingboxes"],
            Title = "YouTube-BoundingBoxes",
            License = "labels CC BY 4.0; the videos are their uploaders'",
            Size = "about 380,000 segments of videos, of which one cuts frames oneself",
            Source = "Google Research's page of YouTube-BB (research.google.com/youtube-bb) for the csv; the videos from YouTube",
            Layout = "youtube_boundingboxes_classification_validation.csv, and frames/VIDEO/MILLISECONDS.jpg or "
                + "frames/VIDEO_MILLISECONDS.jpg.",
            Splits = ["val", "train"],
            Templates = PromptTemplates.VideoFrames,
            OwnWording = true,
            Reader = YouTubeFrames.Read,
        },
    ];

    private static IEnumerable<DataSet> ImageNets() =>
    [
        new()
        {
            Name = "imagenet1k",
            Aliases = ["imagenet", "ilsvrc2012"],
            Title = "ImageNet (ILSVRC 2012)",
            License = "for research and teaching, not for trade; image-net.org's terms",
            Size = "50,000 pictures to measure on, 6.3 GB; 1.28 million to train on, 138 GB",
            Source = "image-net.org after signing up, or Kaggle's ImageNet Object Localization Challenge",
            Layout = "val/n01440764/ILSVRC2012_val_00000293.JPEG ...; or val/ILSVRC2012_val_00000001.JPEG ... with LOC_val_solution.csv, "
                + "val.txt, or ILSVRC2012_validation_ground_truth.txt and meta.mat.",
            Splits = ["val", "train"],
            Counts = Counts(("val", 50_000), ("train", 1_281_167)),
            Classes = 1000,
            Templates = PromptTemplates.ImageNet,
            Reader = ImageNet.Read,
        },
        OfImageNet(
            "imagenetv2", ["imagenet-v2"], "ImageNet-V2", "MIT", "10,000 pictures, 1.3 GB",
            "its authors' page (huggingface.co/datasets/vaishaal/ImageNetV2), imagenetv2-matched-frequency.tar.gz",
            "0/....jpeg to 999/....jpeg, the classes by number.", 10_000, 1000, (folder, _) => ImageNet.V2(folder))
            with
            {
                Folders =
                [
                    "imagenetv2-matched-frequency-format-val", "ImageNetV2-matched-frequency", "imagenetv2-threshold0.7-format-val",
                    "imagenetv2-top-images-format-val",
                ],
            },
        OfImageNet(
            "imagenet-r", ["imagenetr"], "ImageNet-R", "MIT", "30,000 pictures, 2.1 GB",
            "its authors' repository (github.com/hendrycks/imagenet-r), imagenet-r.tar",
            "n01443537/....jpg and 199 more classes.", 30_000, 200, (folder, _) => ImageNet.Some(folder)),
        OfImageNet(
            "imagenet-a", ["imageneta"], "ImageNet-A", "MIT", "7,500 pictures, 0.7 GB",
            "its authors' repository (github.com/hendrycks/natural-adv-examples), imagenet-a.tar",
            "n01498041/....jpg and 199 more classes.", 7_500, 200, (folder, _) => ImageNet.Some(folder)),
        OfImageNet(
            "imagenet_sketch", ["imagenet-sketch"], "ImageNet-Sketch", "MIT", "50,889 pictures, 7.6 GB",
            "its authors' repository (github.com/HaohanWang/ImageNet-Sketch), ImageNet-Sketch.zip",
            "n01440764/sketch_0.JPEG ... and 999 more classes.", 50_889, 1000, (folder, _) => ImageNet.Sketch(folder))
            with { Folders = ["sketch", "ImageNet-Sketch", "ImageNet-Sketch/sketch"] },
        OfImageNet(
            "objectnet", [], "ObjectNet", "CC BY 4.0 with terms of its own: never to train on",
            "18,574 pictures in the 113 classes of ImageNet, of 50,273; 200 GB",
            "objectnet.dev, objectnet-1.0.zip", "images/air_freshener/....png ..., mappings/folder_to_objectnet_label.json, "
            + "mappings/objectnet_to_imagenet_1k.json.", 18_574, 113, (folder, _) => ObjectNet.Read(folder))
            with { Folders = ["objectnet-1.0"] },
    ];

    private static IEnumerable<DataSet> Captioned() =>
    [
        new()
        {
            Name = "mscoco_captions",
            Aliases = ["coco", "coco-captions", "mscoco"],
            Title = "COCO captions",
            Task = DataSetTask.Retrieval,
            License = "captions CC BY 4.0; the pictures have Flickr's terms",
            Size = "5,000 pictures to measure on; the folder val2014 has 6.2 GB",
            Source = "cocodataset.org (val2014.zip), and Karpathy's dataset_coco.json (his page of deep image–sentence alignment)",
            Layout = "val2014/COCO_val2014_000000391895.jpg ..., and dataset_coco.json or coco_test_karpathy.json; or val2017/ and "
                + "annotations/captions_val2017.json for the split val2017.",
            Splits = ["test", "val", "train", "val2017"],
            Counts = Counts(("test", 5_000), ("val", 5_000), ("val2017", 5_000)),
            Reader = Captions.Coco,
        },
        new()
        {
            Name = "flickr30k",
            Title = "Flickr30k",
            Task = DataSetTask.Retrieval,
            License = "for research and teaching, not for trade; Flickr's terms",
            Size = "1,000 pictures to measure on, of 31,783; 4.4 GB",
            Source = "the University of Illinois's form (shannon.cs.illinois.edu/DenotationGraph), and Karpathy's dataset_flickr30k.json",
            Layout = "flickr30k-images/1007129816.jpg ..., and dataset_flickr30k.json or flickr30k_test_karpathy.txt; "
                + "results_20130124.token "
                + "for the split all.",
            Splits = ["test", "val", "train", "all"],
            Counts = Counts(("test", 1_000), ("val", 1_014), ("train", 29_000), ("all", 31_783)),
            Folders = ["flickr30k"],
            Reader = Captions.Flickr30K,
        },
        new()
        {
            Name = "flickr8k",
            Title = "Flickr8k",
            Task = DataSetTask.Retrieval,
            License = "for research and teaching, not for trade; Flickr's terms",
            Size = "1,000 pictures to measure on, of 8,000; 1.1 GB",
            Source = "the University of Illinois's form for Flickr8k, or Kaggle",
            Layout = "Flicker8k_Dataset/1000268201_693b08cb0e.jpg ..., and dataset_flickr8k.json, flickr8k_test_karpathy.txt, or "
                + "Flickr8k.token.txt with Flickr_8k.testImages.txt.",
            Splits = ["test", "val", "train", "all"],
            Counts = Counts(("test", 1_000), ("val", 1_000), ("train", 6_000)),
            Folders = ["flickr8k"],
            Reader = Captions.Flickr8K,
        },
    ];

    /// <summary>A set with ImageNet's classes and no parts.</summary>
    private static DataSet OfImageNet(
        string name, string[] aliases, string title, string license, string size, string source, string layout, int count, int classes,
        Func<DataSetFolder, string, LoadedDataSet> reader) => new()
        {
            Name = name,
            Aliases = aliases,
            Title = title,
            License = license,
            Size = size,
            Source = source,
            Layout = layout,
            Splits = ["test"],
            Counts = Counts(("test", count)),
            Classes = classes,
            Templates = PromptTemplates.ImageNet,
            Folders = [name],
            Reader = reader,
        };

    private static Dictionary<string, int> Counts(params (string Split, int Count)[] counts) =>
        counts.ToDictionary(count => count.Split, count => count.Count);
}
