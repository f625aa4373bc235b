using Microsoft.ML.Clip;

namespace Clip.Evaluation.DataSets;

// Sets of objects: small pictures, the older sets, and kinds of one thing.
internal static partial class DataSetCatalog
{
    /// <summary>Small pictures, and the older sets of objects.</summary>
    private static IEnumerable<DataSet> Small() =>
    [
        OfCifar(10, "data_batch_1.bin to data_batch_5.bin, test_batch.bin, batches.meta.txt; or data_batch_1 to data_batch_5, test_batch, "
            + "batches.meta (Python's).", "cifar-10-batches-bin", "cifar-10-batches-py", Cifar.Ten),
        OfCifar(100, "train.bin, test.bin, fine_label_names.txt; or train, test, meta (Python's).", "cifar-100-binary", "cifar-100-python",
            Cifar.Hundred),
        new()
        {
            Name = "mnist",
            Title = "MNIST",
            License = "CC BY-SA 3.0",
            Size = "70,000 pictures of 28 by 28, 0.02 GB",
            Source = "Yann LeCun's page (yann.lecun.com/exdb/mnist) and its mirrors",
            Layout = "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (train-... for the split train), also as .gz.",
            Splits = TrainTest,
            Counts = Counts(("test", 10_000), ("train", 60_000)),
            Classes = 10,
            Templates = PromptTemplates.Mnist,
            Reader = Mnist.Read,
        },
        new()
        {
            Name = "caltech101",
            Title = "Caltech 101",
            License = "CC BY 4.0",
            Size = "9,144 pictures with the background's 467, 0.1 GB",
            Source = "CaltechDATA (data.caltech.edu/records/mzrjq-6wc02), caltech-101.zip",
            Layout = "101_ObjectCategories/accordion/image_0001.jpg ... and 101 more folders.",
            Splits = All,
            Counts = Counts(("all", 9_144)),
            Classes = 102,
            Templates = PromptTemplates.Caltech101,
            Folders = ["caltech-101", "caltech101"],
            Reader = (folder, _) => ClassFolderSets.Caltech101(folder),
        },
        new()
        {
            Name = "voc2007_multilabel",
            Aliases = ["voc2007", "pascal-voc-2007"],
            Title = "Pascal VOC 2007",
            Task = DataSetTask.MultiLabel,
            License = "Flickr's terms of use; for research",
            Size = "9,963 pictures, 0.9 GB",
            Source = "Oxford's page of VOC 2007 (host.robots.ox.ac.uk/pascal/VOC/voc2007), VOCtest_06-Nov-2007.tar and "
                + "VOCtrainval_06-Nov-2007.tar",
            Layout = "JPEGImages/000001.jpg ..., ImageSets/Main/aeroplane_test.txt and 19 more classes.",
            Splits = ["test", "train", "val", "trainval"],
            Counts = Counts(("test", 4_952), ("trainval", 5_011), ("train", 2_501), ("val", 2_510)),
            Classes = 20,
            Templates = PromptTemplates.PascalVoc2007,
            Folders = ["VOCdevkit/VOC2007", "VOC2007"],
            Reader = VisualObjects.Read,
        },
        new()
        {
            Name = "resisc45",
            Aliases = ["nwpu-resisc45"],
            Title = "NWPU-RESISC45",
            License = "not stated; for research",
            Size = "31,500 pictures of 256 by 256, 0.4 GB",
            Source = "its authors' page (gcheng-nwpu.github.io), NWPU-RESISC45.rar",
            Layout = "NWPU-RESISC45/airplane/airplane_001.jpg ... and 44 more classes.",
            Splits = All,
            Counts = Counts(("all", 31_500)),
            Classes = 45,
            Templates = PromptTemplates.Resisc45,
            Reader = (folder, _) => ClassFolderSets.Resisc45(folder),
        },
    ];

    /// <summary>Kinds of one thing.</summary>
    private static IEnumerable<DataSet> Fine() =>
    [
        new()
        {
            Name = "pets",
            Aliases = ["oxford-pets", "oxford-iiit-pet"],
            Title = "Oxford-IIIT Pet",
            License = "CC BY-SA 4.0",
            Size = "7,349 pictures, 0.8 GB",
            Source = "Oxford's page (robots.ox.ac.uk/~vgg/data/pets), images.tar.gz and annotations.tar.gz",
            Layout = "images/Abyssinian_201.jpg ..., annotations/test.txt and trainval.txt.",
            Splits = ["test", "trainval"],
            Counts = Counts(("test", 3_669), ("trainval", 3_680)),
            Classes = 37,
            Templates = PromptTemplates.OxfordPets,
            Folders = ["oxford-iiit-pet"],
            Reader = OxfordPets.Read,
        },
        new()
        {
            Name = "flowers",
            Aliases = ["flowers102", "oxford-flowers"],
            Title = "Oxford 102 Flower",
            License = "not stated; for research",
            Size = "8,189 pictures, 0.3 GB",
            Source = "Oxford's page (robots.ox.ac.uk/~vgg/data/flowers/102), 102flowers.tgz, imagelabels.mat, setid.mat",
            Layout = "jpg/image_00001.jpg ..., imagelabels.mat, setid.mat.",
            Splits = ["test", "train", "val"],
            Counts = Counts(("test", 6_149), ("train", 1_020), ("val", 1_020)),
            Classes = 102,
            Templates = PromptTemplates.Flowers102,
            Folders = ["flowers-102"],
            Reader = Flowers102.Read,
        },
        new()
        {
            Name = "dtd",
            Aliases = ["describable-textures"],
            Title = "Describable Textures",
            License = "for research",
            Size = "5,640 pictures, 0.6 GB",
            Source = "Oxford's page (robots.ox.ac.uk/~vgg/data/dtd), dtd-r1.0.1.tar.gz",
            Layout = "images/banded/banded_0002.jpg ..., labels/test1.txt, train1.txt and val1.txt.",
            Splits = ["test", "train", "val"],
            Counts = Counts(("test", 1_880), ("train", 1_880), ("val", 1_880)),
            Classes = 47,
            Templates = PromptTemplates.DescribableTextures,
            Folders = ["dtd", "dtd/dtd"],
            Reader = Textures.Read,
        },
        new()
        {
            Name = "fgvc_aircraft",
            Aliases = ["aircraft"],
            Title = "FGVC-Aircraft",
            License = "for research, not for trade",
            Size = "10,000 pictures, 2.6 GB",
            Source = "Oxford's page (robots.ox.ac.uk/~vgg/data/fgvc-aircraft), fgvc-aircraft-2013b.tar.gz",
            Layout = "data/images/0034309.jpg ..., data/variants.txt, data/images_variant_test.txt (-train, -val, -trainval).",
            Splits = ["test", "train", "val", "trainval"],
            Counts = Counts(("test", 3_333), ("train", 3_334), ("val", 3_333), ("trainval", 6_667)),
            Classes = 100,
            Templates = PromptTemplates.FgvcAircraft,
            Folders = ["fgvc-aircraft-2013b"],
            Reader = Aircraft.Read,
        },
        new()
        {
            Name = "cars",
            Aliases = ["stanford-cars"],
            Title = "Stanford Cars",
            License = "not stated; for research",
            Size = "16,185 pictures, 1.9 GB",
            Source = "its page at Stanford is gone; copies on Kaggle and the Hugging Face hub",
            Layout = "cars_test/00001.jpg ..., cars_test_annos_withlabels.mat, devkit/cars_meta.mat (cars_train/, "
                + "devkit/cars_train_annos.mat); "
                + "or car_ims/ and cars_annos.mat.",
            Splits = TrainTest,
            Counts = Counts(("test", 8_041), ("train", 8_144)),
            Classes = 196,
            Templates = PromptTemplates.StanfordCars,
            Folders = ["stanford_cars"],
            Reader = StanfordCars.Read,
        },
    ];

    private static DataSet OfCifar(
        int classes, string layout, string binary, string python, Func<DataSetFolder, string, LoadedDataSet> reader) => new()
        {
            Name = FormattableString.Invariant($"cifar{classes}"),
            Title = FormattableString.Invariant($"CIFAR-{classes}"),
            License = "not stated; from Tiny Images, since withdrawn",
            Size = "60,000 pictures of 32 by 32, 0.2 GB",
            Source = FormattableString.Invariant(
                $"Toronto's page (cs.toronto.edu/~kriz/cifar.html), cifar-{classes}-binary.tar.gz or cifar-{classes}-python.tar.gz"),
            Layout = layout,
            Splits = TrainTest,
            Counts = Counts(("test", 10_000), ("train", 50_000)),
            Classes = classes,
            Templates = PromptTemplates.Cifar,
            Folders = [binary, python],
            Reader = reader,
        };
}
