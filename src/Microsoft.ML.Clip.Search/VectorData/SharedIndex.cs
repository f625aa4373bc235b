using Microsoft.Extensions.VectorData;

namespace Microsoft.ML.Clip.VectorData;

/// <summary>A collection's index, opened when it is first asked for; changes are made and saved one at a time.</summary>
internal sealed class SharedIndex(string path, ClipModel model) : IDisposable
{
    private readonly Lock _gate = new();
    private ClipImageIndex? _index;

    public bool Exists => File.Exists(path);

    /// <exception cref="VectorStoreException">The collection does not exist.</exception>
    public ClipImageIndex Open()
    {
        lock (_gate)
        {
            if (_index is not null) return _index;
            if (!Exists)
            {
                throw new VectorStoreException($"The collection '{path}' does not exist; make it with EnsureCollectionExistsAsync.")
                {
                    VectorStoreSystemName = ClipVectorStore.SystemName,
                };
            }

            var index = ClipImageIndex.Open(path);
            try
            {
                index.RequireModel(model);
            }
            catch
            {
                index.Dispose();
                throw;
            }

            return _index = index;
        }
    }

    public void Ensure()
    {
        lock (_gate)
        {
            if (Exists) return;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var index = ClipImageIndex.Create(path, model);
            index.Save();
        }
    }

    /// <summary>Makes changes and saves them.</summary>
    public void Change(Action<ClipImageIndex> change)
    {
        var index = Open();
        lock (_gate)
        {
            change(index);
            index.Save();
        }
    }

    public void Delete()
    {
        lock (_gate)
        {
            Dispose();
            File.Delete(path);
        }
    }

    public void Dispose()
    {
        _index?.Dispose();
        _index = null;
    }
}
