namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Names that several tests write lists of.</summary>
internal static class ListedNames
{
    /// <summary>Pascal VOC's classes in their order.</summary>
    public static readonly string[] Voc =
    [
        "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike",
        "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ];
}
