namespace Clip.Conversion.Checkpoints;

/// <summary>A class or function that a pickle names.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>
/// What a pickle makes of a class or function that nothing here computes: inert, for no code of it is ever run. Kept are attributes, and
/// the entries of a kind of dictionary.
/// </summary>
/// <param name="source">The class, or the function whose result this stands for; null where it is not a name.</param>
internal sealed class PickleObject(PickleGlobal? source)
{
    public PickleGlobal? Source => source;

    /// <summary>What the function was called with, where its host keeps that.</summary>
    public object?[] Arguments { get; init; } = [];

    /// <summary>What the object was built of; null where it was not.</summary>
    public object? State { get; set; }

    public Dictionary<object, object?> Attributes { get; } = [];

    public Dictionary<object, object?> Items { get; } = [];
}

/// <summary>What a pickle's names mean.</summary>
internal interface IPickleHost
{
    /// <summary>Told of each class or function that is named.</summary>
    void Names(PickleGlobal global);

    /// <summary>The result of calling a class or function; a <see cref="PickleObject"/> where it is inert.</summary>
    /// <param name="global">What is called.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="isInstance">Whether an instance is made of a class without its constructor.</param>
    /// <exception cref="ClipException">It is one that does something.</exception>
    object? Call(PickleGlobal global, object?[] arguments, bool isInstance);

    /// <summary>The object that a pickle keeps outside of itself.</summary>
    object? Persistent(object? id);
}
