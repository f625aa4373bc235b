using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>
/// timm's <c>AttentionPoolLatent</c>, SigLIP's and the Perception Encoder's: a learned query attends to all tokens, and an MLP follows.
/// </summary>
/// <param name="Name">With a dot at its end.</param>
/// <param name="Width">Channels.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="MlpWidth">Channels inside the MLP.</param>
/// <param name="Eps">The norm's ε.</param>
/// <param name="Activation">The MLP's.</param>
internal sealed record LatentPool(string Name, int Width, int Heads, int MlpWidth, double Eps, Nonlinearity Activation)
{
    /// <summary>[items · tokens, width] → [items, width].</summary>
    public string Write(TowerWriter net, string rows, long tokens)
    {
        net.Scope(Name);
        var parameters = net.Parameters;
        var attention = new AttentionGraph(net.Graph, Width, Heads);
        net.Places = 1;
        var latent = net.Reshape(net.Weight($"{Name}latent", 1, 1, Width), 1, Width);
        var query = net.Product(
            latent, $"{Name}q",
            TensorMath.Scale(parameters.TakeLinear($"{Name}q.weight", Width, Width), attention.QueryScale),
            TensorMath.Scale(parameters.Take($"{Name}q.bias", Width), attention.QueryScale));
        net.Places = tokens;
        var weight = parameters.TakeLinear($"{Name}kv.weight", 2 * Width, Width);
        var bias = parameters.Take($"{Name}kv.bias", 2 * Width);
        var (key, value) = (Half("k", 0), Half("v", Width));
        net.CountAttention(1, tokens, Width);
        net.Places = 1;
        // One query for all items: their keys alone are many.
        var joined = attention.Attend(query, attention.HeadShape(1), key, value, attention.HeadShape(tokens), mask: null);
        var x = net.Linear(joined, $"{Name}proj", Width, Width);
        var hidden = net.Activate(net.Linear(net.LayerNorm(x, $"{Name}norm", Width, Eps), $"{Name}mlp.fc1", Width, MlpWidth), Activation);
        return net.Add(x, net.Linear(hidden, $"{Name}mlp.fc2", MlpWidth, Width));

        string Half(string letter, long first) => net.Product(
            rows, $"{Name}{letter}", TensorMath.Rows(weight, first, Width), TensorMath.Rows(bias, first, Width));
    }
}
