namespace Microsoft.ML.Clip.Inference;

/// <summary>A transformer's hold on a tower: its own, closed with it, or one borrowed from the user's <see cref="ClipModel"/>.</summary>
internal readonly record struct TowerHold<T>(T Tower, bool IsOwned) : IDisposable
    where T : IDisposable
{
    public void Dispose()
    {
        if (IsOwned) Tower.Dispose();
    }
}
