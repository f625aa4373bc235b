using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Tokenizing;
using Xunit.Abstractions;

namespace Clip.Conversion.Tests.Checkpoints;

/// <summary>
/// Damaged and hostile files: seeded mutations of sound ones. Each is read or refused in one sentence, in time and in memory that fit the
/// file's size. The seeds are fixed, so a failure names a case that fails again.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int Cases = 120;

    /// <summary>Where headers, pickles and directories lie: at most this far from either end.</summary>
    private const int Structure = 24 << 10;

    private static readonly byte[] Extremes = [0, 1, 0x7F, 0x80, 0xFF];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("vit/torchscript.pt")]
    [InlineData("rn/legacy.pt")]
    [InlineData("rn/openclip.pt")]
    [InlineData("rn/bf16.safetensors")]
    [InlineData("hf/hf/model.safetensors")]
    [GoldenData("dev_vit/model.pt")]
    [GoldenData("dev_vit/extra/model_legacy_nonzip.pt")]
    [GoldenData("dev_vit/extra/model_torchscript_fp16.pt")]
    [GoldenData("dev_vit/extra/openclip_checkpoint_ddp.pt")]
    [GoldenData("dev_vit/extra/model_bf16all.safetensors")]
    [GoldenData("dev_hfcustom/hf/model.safetensors")]
    [GoldenData("dev_rn/model.pt")]
    public void A_mutated_checkpoint_is_read_or_refused(string file)
    {
        var sound = File.ReadAllBytes(Golden.Path($"golden/{file}"));
        var hints = new ArchitectureHints(Activation.QuickGelu, 2, 2);
        Try(sound, file, path =>
        {
            using var checkpoint = CheckpointFile.Open(path);
            var config = ArchitectureInference.Infer(checkpoint.Weights, hints, path);
            // What is read must also be writable, or refused: this takes every weight in its shape.
            ClipOnnxExporter.Graph("model", config, checkpoint.Weights);
        });
    }

    [Fact]
    public void A_mutated_graph_is_inspected_or_refused()
    {
        ClipOnnxExporter.Export(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder.Path);

        Try(File.ReadAllBytes(_folder["model.onnx"]), "model.onnx", path => OnnxSummary.Read(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mutated_SigLIP_is_read_or_refused(bool openClip)
    {
        SafetensorsWriter.Write(_folder["sound"], openClip ? TinySiglip.OpenClipWeights() : TinySiglip.Weights());
        var hints = new ArchitectureHints(Activation.GeluTanh, TinySiglip.Heads, TinySiglip.TextHeads);
        Try(File.ReadAllBytes(_folder["sound"]), openClip ? "openclip.safetensors" : "hf.safetensors", path =>
        {
            using var checkpoint = CheckpointFile.Open(path);
            var config = ArchitectureInference.Infer(checkpoint.Weights, hints, path);
            ClipOnnxExporter.Graph("model", config, checkpoint.Weights);
            NameMap.ToHuggingFace(checkpoint.Weights);
        });
    }

    [Fact]
    public void A_mutated_list_of_shards_is_read_or_refused()
    {
        var weights = RandomModel.Weights(RandomModel.Config).ToArray();
        SafetensorsWriter.Write(_folder["a.safetensors"], weights[..10]);
        SafetensorsWriter.Write(_folder["b.safetensors"], weights[10..]);
        var map = new JsonObject(
            weights.Select((w, i) => KeyValuePair.Create(w.Key, (JsonNode?)(i < 10 ? "a.safetensors" : "b.safetensors"))));
        var index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1 }, ["weight_map"] = map };

        Try(Encoding.UTF8.GetBytes(index.ToJsonString()), "model.safetensors.index.json", path => CheckpointFile.Load(path));
    }

    public static TheoryData<string, string> Configs => new()
    {
        { "hf.json", ClipConfigJson.ToHuggingFace(RandomModel.Config) },
        { "resnet.json", ClipConfigJson.ToHuggingFace(ClipConfigJson.Load("RN50")) },
        { "siglip.json", TinySiglip.Config.ToJsonString() },
        {
            "openclip.json",
            """
            {"model_cfg": {"embed_dim": 6, "quick_gelu": false,
             "vision_cfg": {"image_size": 8, "layers": 2, "width": 16, "head_width": 8, "patch_size": 4},
             "text_cfg": {"context_length": 10, "vocab_size": 32, "width": 12, "heads": 3, "layers": 3, "mlp_ratio": 4.0,
                          "pool_type": "last"}},
             "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 0.5], "interpolation": "bilinear", "resize_mode": "shortest"}}
            """
        },
        {
            "openclip-siglip.json",
            """
            {"embed_dim": 768,
             "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224", "timm_pool": "map", "timm_proj": "none"},
             "text_cfg": {"context_length": 64, "vocab_size": 32000, "width": 768, "heads": 12, "layers": 12, "no_causal_mask": true,
                          "proj_bias": true, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}}}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_mutated_config_is_read_or_refused(string name, string json) => Try(Encoding.UTF8.GetBytes(json), name, path =>
    {
        var config = ModelConfigFile.Read(path);
        ModelDescription.Sizes(config);
        ClipConfigJson.ToHuggingFace(config);
    });

    [Fact]
    public void A_mutated_preprocessing_file_is_read_or_refused()
    {
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["m"], null);

        Try(File.ReadAllBytes(_folder["m/preprocessor_config.json"]), "preprocessor_config.json", path =>
        {
            File.Copy(path, _folder["m/preprocessor_config.json"], overwrite: true);
            ModelPreprocessing.Of(_folder["m"], RandomModel.Config);
        });
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("special_tokens_map.json")]
    public void A_mutated_tokenizer_is_read_or_refused(string file)
    {
        BpeTrainer.Train(["a photo of a dog", "a photo of a cat"], 530).Save(_folder["t"]);
        var sound = File.ReadAllBytes(_folder[$"t/{file}"]);
        if (file != "tokenizer.json") File.Delete(_folder["t/tokenizer.json"]);
        Try(sound, file, path =>
        {
            File.Copy(path, _folder[$"t/{file}"], overwrite: true);
            TokenizerFiles.Load(_folder["t"]);
        });
    }

    [Fact]
    public void Mutated_merges_of_OpenAIs_are_read_or_refused()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write("#version: 0.2\nt h\nth e</w>\na n\nan d</w>\n"u8);

        Try(packed.ToArray(), "bpe.txt.gz", path => TokenizerFiles.Load(path));
    }

    [Fact]
    public void A_mutated_tokenizer_of_SigLIPs_is_read_or_refused()
    {
        const string json =
            """{"added_tokens": [{"id": 0, "content": "<pad>"}], "model": {"type": "Unigram", "vocab": [["<pad>", 0], ["a", -1.5]]}}""";
        Directory.CreateDirectory(_folder["t"]);
        Try(Encoding.UTF8.GetBytes(json), "tokenizer.json", path =>
        {
            File.Copy(path, _folder["t/tokenizer.json"], overwrite: true);
            CopiedTokenizer.Open(_folder["t"]).RequireFit(TinySiglip.Vocabulary);
        });
    }

    private void Try(byte[] sound, string name, Action<string> read)
    {
        var (accepted, slowest, largest) = (0, TimeSpan.Zero, 0L);
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new SampleRandom(seed, name.Length);
            var mutant = Mutate(sound, ref random);
            var path = _folder["mutant" + Path.GetFileName(name)];
            File.WriteAllBytes(path, mutant);
            var (clock, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
            try
            {
                read(path);
                accepted++;
            }
            catch (ClipException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
                Assert.InRange(e.Message.Length, 20, 1001);
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}, seed {seed}: {e}");
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < (8 << 20) + 32L * sound.Length, $"{name}, seed {seed}: {allocated:N0} bytes for {mutant.Length:N0}");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{name}, seed {seed}: {clock.Elapsed}");
            (slowest, largest) = (clock.Elapsed > slowest ? clock.Elapsed : slowest, Math.Max(largest, allocated));
        }

        output.WriteLine($"{accepted} of {Cases} accepted, slowest {slowest.TotalMilliseconds:F0} ms");
        output.WriteLine($"most memory {largest / 1e6:F1} MB for {sound.Length / 1e6:F1} MB");
        Assert.InRange(accepted, 0, Cases - 1);
    }

    private static byte[] Mutate(byte[] sound, ref SampleRandom random)
    {
        var bytes = sound.ToArray();
        var changes = 1 + random.Next(4);
        for (var i = 0; i < changes; i++)
        {
            var at = Place(bytes.Length, ref random);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = random.Pick(Extremes); break;
                case 2: bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill(random.Pick(Extremes)); break;
                case 3: bytes = bytes[..Math.Max(1, at)]; break;
                case 4: // a piece moves
                    var n = Math.Min(1 + random.Next(64), bytes.Length - at);
                    bytes.AsSpan(at, n).ToArray().CopyTo(bytes, random.Next(bytes.Length - n + 1));
                    break;
                default: // a digit of a header's number, or of nothing
                    var digit = bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
                    if (digit >= 0) bytes[at + digit] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return bytes;
    }

    /// <summary>Mostly where structure is, for weights may have any value.</summary>
    private static int Place(int length, ref SampleRandom random) => random.Next(8) switch
    {
        0 => random.Next(length),
        < 5 => random.Next(Math.Min(length, Structure)),
        _ => length - 1 - random.Next(Math.Min(length, Structure)),
    };
}
