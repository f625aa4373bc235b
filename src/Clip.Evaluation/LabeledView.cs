using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Evaluation;

/// <summary>Labeled pictures as rows for a pipeline, with the column <c>Class</c>.</summary>
/// <param name="Data">The rows.</param>
/// <param name="Image">The column of pictures: paths, or files as bytes where they do not lie in files of their own.</param>
internal sealed record LabeledView(IDataView Data, string Image)
{
    /// <summary>The rows of a set; pictures in shards are read as the rows are.</summary>
    /// <param name="ml">Where rows are made.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="others">Others that go through the same pipeline, and so have the same columns.</param>
    public static LabeledView Of(MLContext ml, IReadOnlyList<LabeledImage> images, IReadOnlyList<LabeledImage>? others = null) =>
        images.Concat(others ?? []).All(image => image.Content is null)
            ? new(ml.Data.LoadFromEnumerable(images), nameof(LabeledImage.ImagePath))
            : new(
                ml.Data.LoadFromEnumerable(images.Select(image => new Row { Image = image.Read(), Class = image.Class })),
                nameof(Row.Image));

    private sealed class Row
    {
        public byte[] Image { get; set; } = [];

        public string Class { get; set; } = "";
    }
}
