using Clip.Evaluation.DataSets;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>What is known of each set: what published numbers were measured on, and with which prompts.</summary>
public sealed class PublishedFactsTests
{
    [Fact]
    public void EachSetHasTheTemplatesThatArePublishedForIt()
    {
        Dictionary<string, IReadOnlyList<string>?> expected = new()
        {
            ["food101"] = PromptTemplates.Food101,
            ["sun397"] = PromptTemplates.Sun397,
            ["eurosat"] = PromptTemplates.EuroSat,
            ["youtube-bb"] = PromptTemplates.VideoFrames,
            ["imagenet1k"] = PromptTemplates.ImageNet,
            ["imagenetv2"] = PromptTemplates.ImageNet,
            ["imagenet-r"] = PromptTemplates.ImageNet,
            ["imagenet-a"] = PromptTemplates.ImageNet,
            ["imagenet_sketch"] = PromptTemplates.ImageNet,
            ["objectnet"] = PromptTemplates.ImageNet,
            ["cifar10"] = PromptTemplates.Cifar,
            ["cifar100"] = PromptTemplates.Cifar,
            ["mnist"] = PromptTemplates.Mnist,
            ["caltech101"] = PromptTemplates.Caltech101,
            ["voc2007_multilabel"] = PromptTemplates.PascalVoc2007,
            ["resisc45"] = PromptTemplates.Resisc45,
            ["pets"] = PromptTemplates.OxfordPets,
            ["flowers"] = PromptTemplates.Flowers102,
            ["dtd"] = PromptTemplates.DescribableTextures,
            ["fgvc_aircraft"] = PromptTemplates.FgvcAircraft,
            ["cars"] = PromptTemplates.StanfordCars,
            ["mscoco_captions"] = null,
            ["flickr30k"] = null,
            ["flickr8k"] = null,
        };

        Assert.Equal(expected.Keys, DataSetCatalog.Sets.Select(set => set.Name));
        Assert.All(DataSetCatalog.Sets, set => Assert.Same(expected[set.Name], set.Templates));
        Assert.Equal(["youtube-bb"], DataSetCatalog.Sets.Where(set => set.OwnWording).Select(set => set.Name));
    }

    /// <summary>Its parts with their pictures, and its classes. The first part is what is measured where none is named.</summary>
    [Theory]
    [InlineData("food101", "test 25250, train 75750", 101)]
    [InlineData("sun397", "test 19850, train 19850, all 108754", 397)]
    [InlineData("eurosat", "all 27000", 10)]
    [InlineData("youtube-bb", "val, train", 0)]
    [InlineData("imagenet1k", "val 50000, train 1281167", 1000)]
    [InlineData("imagenetv2", "test 10000", 1000)]
    [InlineData("imagenet-r", "test 30000", 200)]
    [InlineData("imagenet-a", "test 7500", 200)]
    [InlineData("imagenet_sketch", "test 50889", 1000)]
    [InlineData("objectnet", "test 18574", 113)]
    [InlineData("cifar10", "test 10000, train 50000", 10)]
    [InlineData("cifar100", "test 10000, train 50000", 100)]
    [InlineData("mnist", "test 10000, train 60000", 10)]
    [InlineData("caltech101", "all 9144", 102)]
    [InlineData("voc2007_multilabel", "test 4952, train 2501, val 2510, trainval 5011", 20)]
    [InlineData("resisc45", "all 31500", 45)]
    [InlineData("pets", "test 3669, trainval 3680", 37)]
    [InlineData("flowers", "test 6149, train 1020, val 1020", 102)]
    [InlineData("dtd", "test 1880, train 1880, val 1880", 47)]
    [InlineData("fgvc_aircraft", "test 3333, train 3334, val 3333, trainval 6667", 100)]
    [InlineData("cars", "test 8041, train 8144", 196)]
    [InlineData("mscoco_captions", "test 5000, val 5000, train, val2017 5000", 0)]
    [InlineData("flickr30k", "test 1000, val 1014, train 29000, all 31783", 0)]
    [InlineData("flickr8k", "test 1000, val 1000, train 6000, all", 0)]
    public void ASetHasThePartsAndClassesThatItsMakersTell(string name, string parts, int classes)
    {
        var set = DataSetCatalog.Sets.Single(known => known.Name == name);

        var told = set.Splits.Select(split => set.Counts.TryGetValue(split, out var count) ? $"{split} {count}" : split);
        Assert.Equal(parts, string.Join(", ", told));
        Assert.Equal(classes, set.Classes);
    }

    [Fact]
    public void WhatASetAsksOfAModelIsClassesButForVocAndCaptions()
    {
        Assert.Equal(["voc2007_multilabel"], Names(DataSetTask.MultiLabel));
        Assert.Equal(["mscoco_captions", "flickr30k", "flickr8k"], Names(DataSetTask.Retrieval));

        static IEnumerable<string> Names(DataSetTask task) =>
            DataSetCatalog.Sets.Where(set => set.Task == task).Select(set => set.Name);
    }

    /// <summary>"train" where there is one, else "trainval", which for pets is all that is not for the test.</summary>
    [Theory]
    [InlineData("food101", "train")]
    [InlineData("voc2007_multilabel", "train")]
    [InlineData("fgvc_aircraft", "train")]
    [InlineData("pets", "trainval")]
    [InlineData("eurosat", null)]
    [InlineData("imagenetv2", null)]
    public void AProbeIsTrainedOnThePartForIt(string name, string? split) => Assert.Equal(split, DataSetCatalog.Find(name)!.TrainSplit);

    /// <summary>Files of names know ImageNet's once, for all sets with its classes; what they have of a set itself comes first.</summary>
    [Theory]
    [InlineData("imagenet-a", "imagenet-a, imageneta, imagenet1k")]
    [InlineData("objectnet", "objectnet, imagenet1k")]
    [InlineData("pets", "pets, oxford-pets, oxford-iiit-pet")]
    [InlineData("voc2007", "voc2007_multilabel, voc2007, pascal-voc-2007")]
    public void ASetIsFoundInFilesOfNamesByItsOwnNameFirst(string name, string keys) =>
        Assert.Equal(keys, string.Join(", ", DataSetCatalog.Find(name)!.Keys));

    [Theory]
    [InlineData("food101", "food-101")]
    [InlineData("sun397", "SUN397")]
    [InlineData("eurosat", "2750, EuroSAT, EuroSAT_RGB, eurosat/2750")]
    [InlineData("imagenetv2", "imagenetv2-matched-frequency-format-val, ImageNetV2-matched-frequency, "
        + "imagenetv2-threshold0.7-format-val, imagenetv2-top-images-format-val")]
    [InlineData("imagenet-r", "imagenet-r")]
    [InlineData("imagenet-a", "imagenet-a")]
    [InlineData("imagenet_sketch", "sketch, ImageNet-Sketch, ImageNet-Sketch/sketch")]
    [InlineData("objectnet", "objectnet-1.0")]
    [InlineData("cifar10", "cifar-10-batches-bin, cifar-10-batches-py")]
    [InlineData("cifar100", "cifar-100-binary, cifar-100-python")]
    [InlineData("caltech101", "caltech-101, caltech101")]
    [InlineData("voc2007_multilabel", "VOCdevkit/VOC2007, VOC2007")]
    [InlineData("pets", "oxford-iiit-pet")]
    [InlineData("flowers", "flowers-102")]
    [InlineData("dtd", "dtd, dtd/dtd")]
    [InlineData("fgvc_aircraft", "fgvc-aircraft-2013b")]
    [InlineData("cars", "stanford_cars")]
    [InlineData("flickr30k", "flickr30k")]
    [InlineData("flickr8k", "flickr8k")]
    public void AnArchivesOwnFolderMayLieInTheOneThatIsGiven(string name, string folders) =>
        Assert.Equal(folders, string.Join(", ", DataSetCatalog.Find(name)!.Folders));
}
