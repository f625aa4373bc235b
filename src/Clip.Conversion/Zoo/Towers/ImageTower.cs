using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>An image tower of some family: its sizes, and how its graph is written. A family is one page that derives from this.</summary>
internal abstract record ImageTower
{
    /// <summary>What people call the family.</summary>
    public abstract string Family { get; }

    /// <summary>Height and width of the pictures.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Width of the shared space.</summary>
    public required int EmbedDim { get; init; }

    /// <summary>Whether most of its work are convolutions, whose 8-bit numbers need ranges measured on samples.</summary>
    public virtual bool IsConvolutional => false;

    /// <summary>Its sizes in words.</summary>
    public abstract string Sizes { get; }

    /// <summary>Writes the tower: [items, 3, size, size] → [items, embed_dim], not normalized.</summary>
    public abstract string Features(TowerWriter net, string pixels);
}

/// <summary>What open_clip's adapter puts behind a timm trunk.</summary>
internal enum TimmProjection
{
    /// <summary>The trunk's own classifier.</summary>
    Trunk,

    /// <summary>A linear layer.</summary>
    Linear,

    /// <summary>Two, with GELU between.</summary>
    Mlp,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>The way from a timm trunk's feature into the shared space.</summary>
/// <param name="Kind">Which.</param>
/// <param name="HasBias">Whether the adapter's last layer has a bias.</param>
internal sealed record TimmHead(TimmProjection Kind, bool HasBias)
{
    public const string Trunk = "visual.trunk.";

    /// <summary>[items, width] → [items, embed_dim].</summary>
    /// <param name="net">Where to.</param>
    /// <param name="x">The trunk's feature.</param>
    /// <param name="width">Its channels.</param>
    /// <param name="embedDim">Width of the shared space.</param>
    /// <param name="classifier">The trunk's own, behind <see cref="Trunk"/>.</param>
    public string Write(TowerWriter net, string x, int width, int embedDim, string classifier = "head")
    {
        net.Scope("visual.head");
        net.Places = 1;
        switch (Kind)
        {
            case TimmProjection.Trunk: return net.Project(x, Trunk + classifier, width, embedDim, hasBias: true);
            case TimmProjection.Linear: return net.Project(x, "visual.head.proj", width, embedDim, HasBias);
            case TimmProjection.Mlp:
                var hidden = net.Activate(net.Linear(x, "visual.head.mlp.fc1", width, 2 * embedDim), Nonlinearity.Gelu);
                return net.Project(hidden, "visual.head.mlp.fc2", 2 * embedDim, embedDim, HasBias);
            default:
                return width == embedDim ? x : throw new ClipException(
                    $"timm_proj is none, but the trunk puts out {width} channels and embed_dim is {embedDim}; correct the config.");
        }
    }
}
