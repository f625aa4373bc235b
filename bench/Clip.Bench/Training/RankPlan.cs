using System.Text.Json;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;

namespace Clip.Bench;

/// <summary>A model whose training is measured: as many layers in both towers, pictures of 64 patches and texts of 32 tokens.</summary>
internal sealed record TrainingSize(string Name, int Layers, int Width, int Pairs)
{
    public string Settings =>
        $$$"""
        {"embed_dim": {{{Width}}}, "batch_size": {{{Pairs}}},
         "vision_cfg": {"image_size": 64, "layers": {{{Layers}}}, "width": {{{Width}}}, "head_width": 64, "patch_size": 8},
         "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": {{{Width}}}, "heads": {{{Width / 64}}}, "layers": {{{Layers}}} },
         "optimizer": {"lr": 5e-4, "betas": [0.9, 0.98], "eps": 1e-6, "weight_decay": 0.2}}
        """;
}

/// <summary>What is measured.</summary>
/// <param name="Sizes">What is trained.</param>
/// <param name="Rounds">Steps of each.</param>
/// <param name="Pictures">Pictures that each rank embeds.</param>
internal sealed record RankPlan(TrainingSize[] Sizes, int Rounds, int Pictures)
{
    public static RankPlan Read(string folder) =>
        JsonSerializer.Deserialize<RankPlan>(File.ReadAllBytes(Path.Combine(folder, "plan.json")))!;

    /// <summary>Writes what the ranks take: the plan, pictures for two, and the model that embeds them.</summary>
    public void Write(string folder, string model)
    {
        File.WriteAllBytes(Path.Combine(folder, "plan.json"), JsonSerializer.SerializeToUtf8Bytes(this));
        foreach (var size in Sizes) File.WriteAllText(Path.Combine(folder, $"{size.Name}.json"), size.Settings);
        Photographs.Write(Directory.CreateDirectory(Path.Combine(folder, "pictures")).FullName, 2 * Pictures);
        var vocabulary = BpeTrainer.Train(Prompts.ForClasses(10), 1024);
        var config = ClipConfigJson.Load(model).WithVocabulary(vocabulary);
        ModelFolderWriter.Write(
            new ModelFolderContents(
                config, RandomWeights.Create(config, seed: 0), ModelPreprocessing.Usual(config),
                target => vocabulary.Save(target, config.Text.ContextLength)),
            ModelFolderWriter.EnsureReplaceable(Path.Combine(folder, Path.GetFileNameWithoutExtension(model))));
        File.WriteAllText(Path.Combine(folder, "embedder"), Path.GetFileNameWithoutExtension(model));
    }
}

/// <summary>What a rank measured.</summary>
/// <param name="Steps">Of each size.</param>
/// <param name="SumBytes">Bytes that were summed by themselves.</param>
/// <param name="SumSeconds">How long that took.</param>
/// <param name="Embedder">The model that embedded.</param>
/// <param name="Embedded">Pictures a rank.</param>
/// <param name="EmbedSeconds">How long that took.</param>
internal sealed record RankResult(
    StepResult[] Steps, long SumBytes, double SumSeconds, string Embedder, int Embedded, double EmbedSeconds);

/// <summary>A step's medians.</summary>
/// <param name="Parameters">Weights that are trained.</param>
/// <param name="Summed">Those whose gradients are summed whole: all but the embeddings of tokens.</param>
/// <param name="Seconds">Of a step.</param>
/// <param name="Waited">How many of them the rank waited for others and for what they sent.</param>
internal sealed record StepResult(long Parameters, long Summed, double Seconds, double Waited);
