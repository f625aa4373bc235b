using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>Captions images with a captioner's decoder from the left.</summary>
/// <param name="model">In evaluation mode.</param>
/// <param name="beamSize">How many texts are followed at once; 1 takes the likeliest token each time (greedy).</param>
internal sealed class BeamSearch(VirTexModel model, int beamSize)
{
    /// <summary>A text as far as it goes and its log-probability.</summary>
    private sealed record Beam(long[] Ids, double Score, bool IsDone);

    /// <summary>Captions an image.</summary>
    /// <param name="pixels">[1, 3, S, S] normalized pixels.</param>
    /// <returns>The ids of the likeliest text found, without start and end; at most as long as the context allows.</returns>
    public IReadOnlyList<int> Caption(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var (text, image) = (model.Config.Text, model.EncodeImage(pixels));
        Beam[] beams = [new([text.BosTokenId], 0, IsDone: false)];
        // A text that is done stays among the beams: others go on only as long as they are likelier than it, for they only lose.
        while (beams.Any(beam => !beam.IsDone) && beams.Max(beam => beam.Ids.Length) < text.ContextLength)
            beams =
            [
                .. beams.Where(b => b.IsDone).Concat(Continue(image, [.. beams.Where(b => !b.IsDone)]))
                    .OrderByDescending(b => b.Score)
                    .Take(beamSize),
            ];

        return [.. beams[0].Ids.Skip(1).TakeWhile(id => id != text.EosTokenId).Select(id => (int)id)];
    }

    /// <summary>The likeliest continuations of texts of one length by a token.</summary>
    private Beam[] Continue(Tensor image, Beam[] beams)
    {
        using var scope = NewDisposeScope();
        var length = beams[0].Ids.Length;
        var ids = tensor(beams.SelectMany(beam => beam.Ids).ToArray(), [beams.Length, length]).to(image.device);
        var rows = model.Decode(image, ids, backward: false).narrow(1, length - 1, 1).squeeze(1);
        var (values, tokens) = nn.functional.log_softmax(model.Logits(rows), 1).topk(Math.Min(beamSize, model.Config.Text.VocabSize));
        var (scores, next) = (values.cpu().data<float>().ToArray(), tokens.cpu().data<long>().ToArray());
        var each = scores.Length / beams.Length;
        return
        [
            .. scores.Select((score, i) =>
            {
                var beam = beams[i / each];
                return new Beam([.. beam.Ids, next[i]], beam.Score + score, next[i] == model.Config.Text.EosTokenId);
            }),
        ];
    }
}
