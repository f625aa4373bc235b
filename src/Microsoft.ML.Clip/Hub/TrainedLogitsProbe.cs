using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.ML.Clip.ModelFolders;

namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// Whether a repository's <c>model.safetensors</c> is needed beside its ONNX files. It has the trained factor of the scores, four bytes
/// among hundreds of megabytes: they are looked at, and where they say what is taken without the file, it is not downloaded.
/// </summary>
internal static class TrainedLogitsProbe
{
    private const int FirstPart = 1 << 16;

    /// <summary>The factor taken without the file; OpenAI's models all ended at it, to the digits that half precision leaves.</summary>
    private const float Usual = 100f, Tolerance = 0.05f;

    public static async Task<bool> IsNeededAsync(HubRepository repository, HubFile weights, CancellationToken cancellationToken)
    {
        var head = await repository.ReadAsync(weights, 0, FirstPart, cancellationToken).ConfigureAwait(false);
        if (head.Length < 8) return true;
        var length = BinaryPrimitives.ReadInt64LittleEndian(head);
        if (length is <= 0 or > TrainedLogits.LongestHeader) return true;
        if (head.Length < 8 + length)
            head = await repository.ReadAsync(weights, 0, 8 + (int)length, cancellationToken).ConfigureAwait(false);
        if (head.Length < 8 + length) return true;
        try
        {
            using var json = JsonDocument.Parse(head.AsMemory(8, (int)length));
            if (TrainedLogits.Find(json.RootElement, "logit_bias") is not null) return true;
            if (TrainedLogits.Find(json.RootElement, "logit_scale") is not { } place) return false;
            var scalar = await repository.ReadAsync(weights, 8 + length + place.Start, 8, cancellationToken).ConfigureAwait(false);
            return MathF.Abs(MathF.Exp(TrainedLogits.Scalar(scalar, place.Type, "logit_scale")) - Usual) > Tolerance;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return true; // Opening the model then says what is wrong with the file.
        }
    }
}
