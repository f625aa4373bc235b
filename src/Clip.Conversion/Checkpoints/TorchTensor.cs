namespace Clip.Conversion.Checkpoints;

/// <summary>A block of numbers that a PyTorch file keeps outside of its pickle; tensors are views of such.</summary>
internal sealed record TorchStorage(string Key, ElementType Type, long Count);

/// <summary>A strided view of a storage, in elements.</summary>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>The values in row-major order: a slice of the storage's where they lie so already, otherwise a copy.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="storage">All values of the storage.</param>
    /// <param name="isCopy">Whether the values are a copy.</param>
    /// <exception cref="ClipException">The view reaches beyond the storage.</exception>
    public WeightTensor Read(string name, ReadOnlyMemory<float> storage, out bool isCopy)
    {
        isCopy = false;
        try
        {
            var count = Shape.Aggregate(1L, (product, d) => checked(product * d));
            if (Shape.Length != Strides.Length || Offset < 0 || Shape.Any(d => d < 0) || Strides.Any(s => s < 0)) throw Beyond();
            if (count == 0) return new WeightTensor(Shape, ReadOnlyMemory<float>.Empty);
            var last = Shape.Zip(Strides, (d, s) => checked((d - 1) * s)).Aggregate(Offset, (sum, reach) => checked(sum + reach));
            // A stride of 0 repeats values without end; no weight does.
            if (last >= storage.Length || count > storage.Length) throw Beyond();
            isCopy = !IsContiguous();
            return new WeightTensor(Shape, isCopy ? Gather(storage.Span, (int)count) : storage.Slice((int)Offset, (int)count));
        }
        catch (OverflowException)
        {
            throw Beyond();
        }

        ClipException Beyond() =>
            new($"The tensor '{name}' of shape [{string.Join(", ", Shape)}] reaches beyond its storage; get the file again.");
    }

    private bool IsContiguous()
    {
        long expected = 1;
        for (var i = Shape.Length - 1; i >= 0; expected *= Shape[i--])
        {
            if (Shape[i] != 1 && Strides[i] != expected) return false;
        }

        return true;
    }

    private float[] Gather(ReadOnlySpan<float> storage, int count)
    {
        var values = new float[count];
        var index = new long[Shape.Length];
        var at = Offset;
        for (var i = 0; i < count; i++)
        {
            values[i] = storage[(int)at];
            for (var axis = Shape.Length - 1; axis >= 0; axis--)
            {
                at += Strides[axis];
                if (++index[axis] < Shape[axis]) break;
                at -= Strides[axis] * Shape[axis];
                index[axis] = 0;
            }
        }

        return values;
    }
}
