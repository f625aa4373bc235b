using System.Reflection;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>Rows as users have them.</summary>
public sealed class PictureRow
{
    public int Number { get; set; }

    public string ImagePath { get; set; } = "";

    public string Caption { get; set; } = "";

    public string Color { get; set; } = "";

    [VectorType]
    public byte[] Bytes { get; set; } = [];

    [VectorType(2)]
    public float[] Extra { get; set; } = [1, 2];

    public static PictureRow[] From(TinyFolder folder, int count) =>
    [
        .. folder.Pictures(count).Select((path, i) => new PictureRow
        {
            Number = i,
            ImagePath = path,
            Caption = $"a photo of a {TinyFolder.Colors[i % 3]} thing",
            Color = TinyFolder.Colors[i % 3],
            Bytes = File.ReadAllBytes(path),
        }),
    ];
}

/// <summary>The true labels in the classifier's order, for <c>MapValueToKey</c>.</summary>
public sealed class LabelRow
{
    public string Color { get; set; } = "";
}

public sealed class FeatureRow
{
    public float[] Features { get; set; } = [];
}

public sealed class ZeroShotRow
{
    public uint PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];
}

internal static class DataViewExtensions
{
    /// <summary>A column of vectors as arrays.</summary>
    public static float[][] Vectors(this IDataView data, string column) => [.. data.GetColumn<float[]>(column)];

    /// <summary>The shape that estimators are shown of a schema. ML.NET keeps the method to itself.</summary>
    public static SchemaShape Shape(this DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [schema])!;

    /// <summary>What AutoML does to a trial that takes too long. ML.NET keeps the method to itself.</summary>
    public static void Cancel(this MLContext context) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(context, null);

    /// <summary>Equal but for float noise.</summary>
    public static void ShouldBe(this float[][] actual, float[][] expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.All(expected[i].Zip(actual[i]), pair => Assert.True(MathF.Abs(pair.First - pair.Second) < 1e-5f, $"row {i}: {pair}"));
    }
}
