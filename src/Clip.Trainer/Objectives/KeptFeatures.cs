using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// The features of pictures under a tower that does not change: each picture's are computed once. Pictures are told by their pixels, so
/// that one which does change is never given the features of another. A batch is computed whole or not at all, and always at the
/// same size: the numbers are those of a run that keeps nothing, to the bit.
/// </summary>
/// <param name="maxBytes">The most that is kept; what comes when that is reached is computed in every epoch.</param>
internal sealed class KeptFeatures(long maxBytes)
{
    private readonly Dictionary<UInt128, float[]> _kept = [];
    private long _bytes;
    private long _size;

    /// <summary>The features of a batch, without a graph.</summary>
    /// <param name="pixels">[B, 3, S, S], in the memory of the CPU.</param>
    /// <param name="encode">Computes [B, D] floats of them.</param>
    public Tensor Of(Tensor pixels, Func<Tensor, Tensor> encode)
    {
        if (_size == 0) _size = pixels.shape[0];
        if (pixels.shape[0] != _size) return encode(pixels);
        var keys = Keys(pixels);
        var kept = new float[keys.Length][];
        for (var i = 0; i < keys.Length; i++)
        {
            if (_kept.TryGetValue(keys[i], out kept[i]!)) continue;
            var features = encode(pixels);
            Keep(keys, features);
            return features;
        }

        var known = empty([keys.Length, kept[0].Length], ScalarType.Float32);
        var rows = MemoryMarshal.Cast<byte, float>(known.bytes);
        for (var i = 0; i < kept.Length; i++) kept[i].CopyTo(rows[(i * kept[i].Length)..]);
        return known;
    }

    private void Keep(UInt128[] keys, Tensor features)
    {
        using var rows = features.detach().contiguous();
        var numbers = MemoryMarshal.Cast<byte, float>(rows.bytes);
        var width = numbers.Length / keys.Length;
        for (var i = 0; i < keys.Length; i++)
        {
            // A key, a reference and an array's head beside the numbers.
            var bytes = (width * sizeof(float)) + 64;
            if (_bytes + bytes > maxBytes) return;
            if (_kept.TryAdd(keys[i], numbers.Slice(i * width, width).ToArray())) _bytes += bytes;
        }
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
