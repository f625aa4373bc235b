namespace Microsoft.ML.Clip.Storage;

/// <summary>The rows that a file is to be written of.</summary>
internal interface IIndexRows
{
    int Count { get; }

    ReadOnlySpan<float> Vector(int row);

    ReadOnlySpan<byte> Entry(int row);
}
