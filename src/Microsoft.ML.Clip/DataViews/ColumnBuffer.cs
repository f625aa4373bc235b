using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>Holds an input column's values for the rows of a batch, so that it can be passed on after the cursor has read ahead.</summary>
internal abstract class ColumnBuffer
{
    public abstract void Read(int slot);

    public abstract Delegate CreateGetter(Func<int> slot);

    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int capacity)
    {
        if (column.Type.RawType == typeof(MLImage)) return new ImageBuffer(row, column, capacity);
        var (buffer, type) = column.Type is VectorDataViewType vector
            ? (typeof(VectorBuffer<>), vector.ItemType.RawType)
            : (typeof(ScalarBuffer<>), column.Type.RawType);
        return (ColumnBuffer)Activator.CreateInstance(buffer.MakeGenericType(type), row, column, capacity)!;
    }

    private sealed class ScalarBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
    {
        private readonly ValueGetter<T> _getter = row.GetGetter<T>(column);
        private readonly T[] _values = new T[capacity];

        public override void Read(int slot) => _getter(ref _values[slot]);

        public override Delegate CreateGetter(Func<int> slot) => (ValueGetter<T>)((ref T value) => value = _values[slot()]);
    }

    private sealed class VectorBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
    {
        private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
        private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];

        public override void Read(int slot) => _getter(ref _values[slot]);

        public override Delegate CreateGetter(Func<int> slot) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[slot()].CopyTo(ref value));
    }

    /// <summary>Images: their pixels are kept, and handed out as copies, since a consumer may dispose what it gets.</summary>
    private sealed class ImageBuffer : ColumnBuffer
    {
        private readonly ValueGetter<MLImage> _getter;
        private readonly PixelCopy[] _images;
        private MLImage _value = null!;

        public ImageBuffer(DataViewRow row, DataViewSchema.Column column, int capacity)
        {
            _getter = row.GetGetter<MLImage>(column);
            _images = new PixelCopy[capacity];
            Array.Fill(_images, new PixelCopy());
        }

        public override void Read(int slot)
        {
            _getter(ref _value);
            _images[slot].Read(_value);
        }

        public override Delegate CreateGetter(Func<int> slot) =>
            (ValueGetter<MLImage>)((ref MLImage value) => value = _images[slot()].ToImage()!);
    }
}
