using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>
/// The images of a batch as their column gives them: taken on the cursor's thread, prepared later and in parallel. Every message
/// names the path, or the column and row.
/// </summary>
internal abstract class ImageColumn(DataViewRow row, string name, int capacity)
{
    private readonly long[] _positions = new long[capacity];

    public static ImageColumn Create(DataViewRow row, DataViewSchema.Column column, int capacity, string? folder)
    {
        // The row may be of another schema instance than the one bound: only names and indices are common.
        column = row.Schema[column.Index];
        if (column.Type is TextDataViewType) return new Paths(row, column, capacity, folder);
        return column.Type is VectorDataViewType ? new Files(row, column, capacity) : new Images(row, column, capacity);
    }

    public void Read(int slot)
    {
        _positions[slot] = row.Position;
        ReadValue(slot);
    }

    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">There is no image, or it cannot be read.</exception>
    public void Prepare(int slot, ClipImagePreprocessor preprocessor, Span<float> destination)
    {
        if (IsEmpty(slot)) throw new InvalidDataException($"Row {_positions[slot]} has no image in column '{name}'.");
        PrepareValue(slot, preprocessor, destination);
    }

    protected abstract void ReadValue(int slot);

    protected abstract bool IsEmpty(int slot);

    protected abstract void PrepareValue(int slot, ClipImagePreprocessor preprocessor, Span<float> destination);

    private InvalidDataException Unreadable(int slot, Exception e) =>
        new($"The image in column '{name}', row {_positions[slot]}, cannot be read: {e.Message}", e);

    private sealed class Paths(DataViewRow row, DataViewSchema.Column column, int capacity, string? folder)
        : ImageColumn(row, column.Name, capacity)
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        private readonly ReadOnlyMemory<char>[] _paths = new ReadOnlyMemory<char>[capacity];

        protected override void ReadValue(int slot) => _getter(ref _paths[slot]);

        protected override bool IsEmpty(int slot) => _paths[slot].IsEmpty;

        protected override void PrepareValue(int slot, ClipImagePreprocessor preprocessor, Span<float> destination)
        {
            var path = _paths[slot].ToString();
            ImageFile.Prepare(preprocessor, folder is null ? path : Path.Combine(folder, path), destination);
        }
    }

    private sealed class Files(DataViewRow row, DataViewSchema.Column column, int capacity) : ImageColumn(row, column.Name, capacity)
    {
        private readonly ValueGetter<VBuffer<byte>> _getter = row.GetGetter<VBuffer<byte>>(column);
        private readonly VBuffer<byte>[] _files = new VBuffer<byte>[capacity];
        private VBuffer<byte> _value;

        protected override void ReadValue(int slot)
        {
            _getter(ref _value);
            _value.CopyToDense(ref _files[slot]);
        }

        protected override bool IsEmpty(int slot) => _files[slot].Length == 0;

        protected override void PrepareValue(int slot, ClipImagePreprocessor preprocessor, Span<float> destination)
        {
            try
            {
                preprocessor.Preprocess(_files[slot].GetValues(), destination);
            }
            catch (InvalidDataException e)
            {
                throw Unreadable(slot, e);
            }
        }
    }

    private sealed class Images : ImageColumn
    {
        private readonly ValueGetter<MLImage> _getter;
        private readonly PixelCopy[] _images;
        private MLImage _value = null!;

        public Images(DataViewRow row, DataViewSchema.Column column, int capacity)
            : base(row, column.Name, capacity)
        {
            _getter = row.GetGetter<MLImage>(column);
            _images = new PixelCopy[capacity];
            Array.Fill(_images, new PixelCopy());
        }

        protected override void ReadValue(int slot)
        {
            _getter(ref _value);
            _images[slot].Read(_value);
        }

        protected override bool IsEmpty(int slot) => _images[slot].IsEmpty;

        protected override void PrepareValue(int slot, ClipImagePreprocessor preprocessor, Span<float> destination)
        {
            try
            {
                _images[slot].Prepare(preprocessor, destination);
            }
            catch (InvalidDataException e)
            {
                throw Unreadable(slot, e);
            }
        }
    }
}
