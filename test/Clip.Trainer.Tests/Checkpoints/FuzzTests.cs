using System.Diagnostics;
using Clip.Testing;
using Clip.Trainer.Checkpoints;
using Clip.Trainer.Data;
using Clip.Trainer.Modeling;
using Clip.Trainer.Onnx;
using Clip.Trainer.Tests.Onnx;
using Xunit.Abstractions;

namespace Clip.Trainer.Tests.Checkpoints;

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

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("dev_vit/model.pt")]
    [InlineData("dev_vit/extra/model_legacy_nonzip.pt")]
    [InlineData("dev_vit/extra/model_torchscript_fp16.pt")]
    [InlineData("dev_vit/extra/openclip_checkpoint_ddp.pt")]
    [InlineData("dev_vit/extra/model_bf16all.safetensors")]
    [InlineData("dev_hfcustom/hf/model.safetensors")]
    [InlineData("dev_rn/model.pt")]
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
        ClipOnnxExporter.Export(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder.FullName);

        Try(File.ReadAllBytes(_folder["model.onnx"]), "model.onnx", path => OnnxSummary.Read(path));
    }

    private void Try(byte[] sound, string name, Action<string> read)
    {
        var (accepted, slowest, largest) = (0, TimeSpan.Zero, 0L);
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new SampleRandom(seed, name.Length);
            var mutant = Mutate(sound, ref random);
            var path = _folder["mutant" + Path.GetExtension(name)];
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
