using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>Which columns a step reads: the data's schema and the shape that a pipeline promises are judged alike.</summary>
public sealed class InputColumnsTests
{
    private static readonly DataViewSchema Schema = new MLContext().Data.LoadFromEnumerable([new Row()]).Schema;
    private static readonly SchemaShape Shape = Schema.Shape();

    [Theory]
    [InlineData("Path", "image text")]
    [InlineData("File", "image")]
    [InlineData("Picture", "image")]
    [InlineData("Features", "features")]
    [InlineData("Number", "")]
    [InlineData("Doubles", "")]
    [InlineData("Words", "")]
    [InlineData("Byte", "")]
    [InlineData("Key", "")]
    [InlineData("Keys", "")]
    public void EachStepTakesItsKindsOfColumns(string column, string kinds)
    {
        Takes("image", () => InputColumns.Image(Schema, column), () => InputColumns.CheckImage(Shape, column));
        Takes("text", () => InputColumns.Text(Schema, column), () => InputColumns.CheckText(Shape, column));
        Takes("features", () => InputColumns.Features(Schema, column), () => InputColumns.CheckFeatures(Shape, column));

        void Takes(string kind, Func<DataViewSchema.Column> find, Action check)
        {
            if (kinds.Split(' ').Contains(kind))
            {
                Assert.Equal(column, find().Name);
                check();
                return;
            }

            Assert.Contains($"Column '{column}' is of type", Assert.Throws<ArgumentException>(() => find()).Message);
            Assert.Contains($"Column '{column}' is of type", Assert.Throws<ArgumentException>(check).Message);
        }
    }

    /// <summary>A shape does not tell of a vector whether all rows have as many numbers.</summary>
    [Fact]
    public void FeaturesOfAnyLengthAreRefusedOnceTheDataAreThere()
    {
        InputColumns.CheckFeatures(Shape, "AnyLength");

        var error = Assert.Throws<ArgumentException>(() => InputColumns.Features(Schema, "AnyLength"));

        Assert.StartsWith("Column 'AnyLength' is of type Vector<Single>; it must be a vector of floats of known size.", error.Message);
    }

    [Fact]
    public void ARefusalTellsTheTypeAndWhatItMustBe()
    {
        Assert.StartsWith("Column 'Number' is of type Single; it must be text.", Message(() => InputColumns.CheckText(Shape, "Number")));
        Assert.StartsWith(
            "Column 'Keys' is of type Vector of Key of Byte; it must be an image (MLImage), text (a file's path) or a vector of bytes",
            Message(() => InputColumns.CheckImage(Shape, "Keys")));
        Assert.StartsWith("Column 'Key' is of type Key of UInt32;", Message(() => InputColumns.CheckImage(Shape, "Key")));
        const string Absent = "There is no input column 'Nope'; the columns are Path, File, Picture, Features, AnyLength, Number,";
        Assert.StartsWith(Absent, Message(() => InputColumns.CheckFeatures(Shape, "Nope")));
        Assert.StartsWith(Absent, Message(() => InputColumns.Features(Schema, "Nope")));
    }

    private static string Message(Action refused) => Assert.Throws<ArgumentException>(refused).Message;

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public byte[] File { get; set; } = [];

        [ImageType(8, 8)]
        public MLImage Picture { get; set; } = null!;

        [VectorType(2)]
        public float[] Features { get; set; } = [0, 0];

        public float[] AnyLength { get; set; } = [];

        public float Number { get; set; }

        [VectorType(2)]
        public double[] Doubles { get; set; } = [0, 0];

        [VectorType(2)]
        public string[] Words { get; set; } = ["", ""];

        public byte Byte { get; set; }

        [KeyType(5)]
        public uint Key { get; set; }

        [KeyType(5)]
        [VectorType(2)]
        public byte[] Keys { get; set; } = [0, 0];
    }
}
