using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// The features of pictures under a tower that does not change: each picture's are computed once. Pictures are told by their pixels, so
/// that one which does change is never given the features of another. Each is computed by itself, for with several threads torch's
/// products of a row depend, in their last bits, on its place in the batch: so the numbers are the same whether a picture's features were
/// kept, had no room, or were lost to an interruption.
/// </summary>
/// <param name="maxBytes">The most that is kept; what comes when that is reached is computed in every epoch.</param>
internal sealed class KeptFeatures(long maxBytes)
{
    private readonly Dictionary<UInt128, float[]> _kept = [];
    private long _bytes;

    /// <summary>The features of a batch, without a graph.</summary>
    /// <param name="pixels">[B, 3, S, S], in the memory of the CPU.</param>
    /// <param name="encode">Computes [1, D] floats of one picture.</param>
    /// <returns>[B, D].</returns>
    public Tensor Of(Tensor pixels, Func<Tensor, Tensor> encode)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var keys = Keys(pixels);
        Tensor? all = null;
        for (var i = 0; i < keys.Length; i++)
        {
            if (!_kept.TryGetValue(keys[i], out var feature)) feature = Keep(keys[i], encode(pixels.narrow(0, i, 1)));
            all ??= empty([keys.Length, feature.Length], ScalarType.Float32);
            feature.CopyTo(MemoryMarshal.Cast<byte, float>(all.bytes)[(i * feature.Length)..]);
        }

        return all!.MoveToOuterDisposeScope();
    }

    private float[] Keep(UInt128 key, Tensor computed)
    {
        var feature = MemoryMarshal.Cast<byte, float>(computed.contiguous().bytes).ToArray();
        // A key, a reference and an array's head beside the numbers.
        var bytes = (feature.Length * sizeof(float)) + 64;
        if (_bytes + bytes > maxBytes) return feature;
        _kept.Add(key, feature);
        _bytes += bytes;
        return feature;
    }

    private static UInt128[] Keys(Tensor pixels)
    {
        using var whole = pixels.contiguous();
        var bytes = whole.bytes;
        var keys = new UInt128[pixels.shape[0]];
        var size = bytes.Length / keys.Length;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var i = 0; i < keys.Length; i++)
        {
            SHA256.HashData(bytes.Slice(i * size, size), hash);
            keys[i] = BinaryPrimitives.ReadUInt128LittleEndian(hash);
        }

        return keys;
    }
}
