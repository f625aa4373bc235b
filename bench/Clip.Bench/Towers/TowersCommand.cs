using System.CommandLine;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Bench;

/// <summary><c>towers</c>: a folder's image tower beside other graphs of the same weights, in turns.</summary>
internal static class TowersCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder with model.safetensors and onnx/vision_model.onnx." };
        var (batches, rounds, threads) = (ContestOptions.Batches(), ContestOptions.Rounds(9), ContestOptions.Threads());
        var command = new Command("towers", "Times the image tower's graph beside others of the same weights.")
        {
            folder, batches, rounds, threads,
        };
        command.SetAction(parsed =>
        {
            var temporary = Directory.CreateTempSubdirectory("clip-bench-");
            try
            {
                TowerRace.Run(
                    "Image tower", Graphs(parsed.GetValue(folder)!, temporary.FullName),
                    ClipConfigJson.Load(parsed.GetValue(folder)!).Vision.ImageSize, parsed.GetValue(batches)!,
                    parsed.GetValue(rounds), parsed.GetValue(threads));
            }
            finally
            {
                temporary.Delete(recursive: true);
            }
        });
        return command;
    }

    private static TowerGraph[] Graphs(string folder, string temporary)
    {
        using var checkpoint = CheckpointFile.Open(folder);
        var config = ClipConfigJson.Load(folder);
        string plain = Path.Combine(temporary, "plain.onnx"),
            attention = Path.Combine(temporary, "mha.onnx"),
            skip = Path.Combine(temporary, "skip.onnx");
        PlainVision.Write(config, checkpoint.Weights, plain);
        FusedOperators.WriteAttention(config, checkpoint.Weights, attention);
        FusedOperators.WriteSkipNorms(config, checkpoint.Weights, skip);
        return
        [
            new("ours", Path.Combine(folder, "onnx", "vision_model.onnx")), new("plain export", plain),
            new("ours with MultiHeadAttention", attention), new("ours with SkipLayerNormalization", skip),
        ];
    }
}
