using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>Writes safetensors files that hold nothing but float scalars.</summary>
internal static class Safetensors
{
    public static void Save(string path, params (string Name, float Value)[] scalars)
    {
        var tensors = scalars.Select((s, i) =>
            (s.Name, Tensor: new { dtype = "F32", shape = Array.Empty<int>(), data_offsets = new[] { 4 * i, (4 * i) + 4 } }));
        var header = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(tensors.ToDictionary(t => t.Name, t => t.Tensor)));
        var values = scalars.SelectMany(s => BitConverter.GetBytes(s.Value));
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header, .. values]);
    }
}
