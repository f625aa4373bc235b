namespace Microsoft.ML.Clip.Scanning;

/// <summary>Rows as floats and as codes, somewhere in memory; who gives it keeps the memory as long as it is used.</summary>
internal sealed unsafe class CodedMatrix(float* vectors, sbyte* codes, float* distances, int rows, int dimension, RowCodes coding)
{
    public int Rows => rows;

    public int Dimension => dimension;

    public int Stride { get; } = RowCodes.Stride(dimension);

    public RowCodes Coding => coding;

    public ReadOnlySpan<float> Vector(int row) => new(vectors + (long)row * dimension, dimension);

    /// <summary>How far a row is from its codes.</summary>
    public float Distance(int row) => distances[row];

    /// <summary>The products of a query with rows from <paramref name="first"/> on.</summary>
    public void Multiply(CodedQuery query, int first, Span<int> products) =>
        CodeProducts.Compute(codes + (long)first * Stride, Stride, query.Values, products);
}
