using System.IO.Compression;
using System.Text;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class CheckpointFileTests : IDisposable
{
    private const string RebuildTensor = "ctorch._utils\n_rebuild_tensor_v2\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("vit/torchscript.pt", 1 / 2048f)]
    [InlineData("rn/legacy.pt", 1 / 2048f)]
    [InlineData("rn/openclip.pt", 1 / 2048f)]
    [InlineData("rn/bf16.safetensors", 1 / 256f)]
    [GoldenData("dev_vit/model.pt", 0)]
    [GoldenData("dev_vit/hf", 0)]
    [GoldenData("dev_vit/extra/model_torchscript_fp32.pt", 0)]
    [GoldenData("dev_vit/extra/model_torchscript_fp16.pt", 1 / 2048f)]
    [GoldenData("dev_vit/extra/model_legacy_nonzip.pt", 0)]
    [GoldenData("dev_vit/extra/openclip_checkpoint_ddp.pt", 0)]
    [GoldenData("dev_vit/extra/model_fp16mixed.safetensors", 1 / 2048f)]
    [GoldenData("dev_vit/extra/model_bf16all.safetensors", 1 / 256f)]
    [GoldenData("dev_rn/model.pt", 0)]
    [GoldenData("dev_rn/extra/model_torchscript_fp32.pt", 0)]
    [GoldenData("dev_rn/extra/model_torchscript_fp16.pt", 1 / 2048f)]
    [GoldenData("dev_rn/extra/model_legacy_nonzip.pt", 0)]
    [GoldenData("dev_rn/extra/openclip_checkpoint_ddp.pt", 0)]
    [GoldenData("dev_rn/extra/model_fp16mixed.safetensors", 1 / 2048f)]
    [GoldenData("dev_rn/extra/model_bf16all.safetensors", 1 / 256f)]
    [GoldenData("dev_hfcustom/model.pt", 0)]
    public void Every_kind_of_file_holds_the_same_weights(string file, float precision)
    {
        var expected = SafetensorsReader.Load(Golden.Path($"golden/{file.Split('/')[0]}/model.safetensors"));

        SameWeights.Assert(expected, CheckpointFile.Load(Golden.Path($"golden/{file}")), precision);
    }

    [Fact]
    public void A_pickle_that_names_code_to_run_is_refused_by_its_name()
    {
        var path = Zip("\u0080\u0002cos\nsystem\nX\u0004\0\0\0true\u0085R.");

        Refused.With("wants to run os.system", () => CheckpointFile.Load(path));
    }

    [Fact]
    public void Entries_that_lead_out_of_an_archive_are_never_written_anywhere()
    {
        var path = Zip(StateDict(count: 2, offset: 0, rows: 1, columns: 2, stride0: 2, stride1: 1), [3, 4]);
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            foreach (var name in new[] { "../../evil.txt", "/evil.txt" }) zip.CreateEntry(name).Open().Dispose();
        }

        Assert.Equal([3f, 4f], CheckpointFile.Load(path)["w"].Data.ToArray());
        Assert.Equal(["x.pt"], _folder.Entries);
        Assert.False(File.Exists(Path.Combine(_folder.Path, "..", "..", "evil.txt")));
    }

    [Fact]
    public void A_function_that_is_permitted_may_still_not_be_misused()
    {
        Refused.With("torch.FloatStorage is not a function", () => CheckpointFile.Load(Zip("\u0080\u0002ctorch\nFloatStorage\n)R.")));
        Refused.With("does not read", () => CheckpointFile.Load(Zip($"\u0080\u0002{RebuildTensor})R.")));
    }

    [Fact]
    public void A_tensor_that_is_a_transposed_view_is_put_in_order()
    {
        // {"w": 2×3 view with strides (1, 2) from offset 1 of a storage of 7}
        var path = Zip(StateDict(count: 7, offset: 1, rows: 2, columns: 3, stride0: 1, stride1: 2), [0, 1, 2, 3, 4, 5, 6]);

        var weight = CheckpointFile.Load(path)["w"];

        Assert.Equal([2, 3], weight.Shape);
        Assert.Equal([1f, 3f, 5f, 2f, 4f, 6f], weight.Data.ToArray());
    }

    [Fact]
    public void A_tensor_that_reaches_beyond_its_storage_is_refused()
    {
        var path = Zip(StateDict(count: 6, offset: 1, rows: 2, columns: 3, stride0: 3, stride1: 1), [0, 1, 2, 3, 4, 5]);

        Refused.With("'w' of shape [2, 3] reaches beyond its storage", () => CheckpointFile.Load(path));
    }

    [Fact]
    public void A_storage_of_another_size_than_announced_is_refused()
    {
        var path = Zip(StateDict(count: 6, offset: 0, rows: 2, columns: 3, stride0: 3, stride1: 1), [0, 1]);

        Refused.With("data/0 has 8 bytes for 6 values", () => CheckpointFile.Load(path));
    }

    [Fact]
    public void A_tensor_that_repeats_its_storage_without_end_is_refused()
    {
        var path = Zip(StateDict(count: 1, offset: 0, rows: 255, columns: 255, stride0: 0, stride1: 0), [1]);

        Refused.With("'w' of shape [255, 255] reaches beyond its storage", () => CheckpointFile.Load(path));
    }

    [Fact]
    public void A_compressed_part_which_may_announce_any_size_is_refused()
    {
        // Three quarters noise, so that the archive is larger than what it holds.
        var random = new Random(1);
        var values = Enumerable.Range(0, 200).Select(i => i < 150 ? random.NextSingle() : 0).ToArray();
        var path = Zip(StateDict(count: 200, offset: 0, rows: 1, columns: 200, stride0: 200, stride1: 1), CompressionLevel.Optimal, values);

        Refused.With("is compressed or its size a lie", () => CheckpointFile.Load(path));
    }

    [Fact]
    public void Modules_that_share_modules_end()
    {
        // Thirty times {a: m, b: m} around one another: a billion paths.
        const string module = "c__torch__\nM\n)\u0081";
        var nested = string.Concat(Enumerable.Repeat($"q\u0001{module}}}(X\u0001\0\0\0ah\u0001X\u0001\0\0\0bh\u0001ub", 30));

        Refused.With("more than 100000 modules", () => CheckpointFile.Load(Zip($"\u0080\u0002{module}{nested}.")));
    }

    [Fact]
    public void What_holds_no_weights_says_so()
    {
        File.WriteAllText(_folder["text.pt"], "hello");
        File.WriteAllText(_folder["number.pt"], "\u0002");
        File.WriteAllBytes(_folder["pickle.pt"], [0x80, 2, (byte)'N', (byte)'.']);
        File.WriteAllBytes(_folder["cut.pt"], [0x80, 2, (byte)'X', 0xFF, 0xFF, 0xFF, 0x7F]);
        Directory.CreateDirectory(_folder["empty"]);

        Refused.With("neither safetensors nor a file of PyTorch's", () => CheckpointFile.Load(_folder["text.pt"]));
        Refused.With("neither safetensors nor a file of PyTorch's", () => CheckpointFile.Load(_folder["number.pt"]));
        Refused.With("not one that torch.save writes", () => CheckpointFile.Load(_folder["pickle.pt"]));
        Refused.With("ends too early", () => CheckpointFile.Load(_folder["cut.pt"]));
        Refused.With("has no weights", () => CheckpointFile.Load(_folder["empty"]));
        Refused.With("There is no file", () => CheckpointFile.Load(_folder["absent.pt"]));
        Refused.With("no state_dict with tensors", () => CheckpointFile.Load(Zip("\u0080\u0002}.")));
    }

    [SkippableTheory]
    [InlineData("vit/torchscript.pt")]
    [InlineData("vit/model.safetensors")]
    [InlineData("rn/legacy.pt")]
    [GoldenData("dev_vit/model.pt")]
    [GoldenData("dev_vit/extra/model_legacy_nonzip.pt")]
    public void A_file_that_was_cut_short_is_refused(string file)
    {
        var whole = File.ReadAllBytes(Golden.Path($"golden/{file}"));
        foreach (var part in new[] { 0.001, 0.004, 0.5, 0.999 })
        {
            File.WriteAllBytes(_folder["cut.pt"], whole[..(int)(whole.Length * part)]);
            Assert.Throws<ClipException>(() => CheckpointFile.Load(_folder["cut.pt"]));
        }
    }

    /// <summary>The pickle of {"w": tensor}, each number below 256.</summary>
    private static string StateDict(int count, int offset, int rows, int columns, int stride0, int stride1) =>
        $"\u0080\u0002}}X\u0001\0\0\0w{RebuildTensor}((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpu"
        + $"K{(char)count}tQK{(char)offset}K{(char)rows}K{(char)columns}\u0086K{(char)stride0}K{(char)stride1}\u0086\u0089NtRs.";

    /// <summary>A PyTorch archive of a pickle, whose characters are its bytes, and one storage.</summary>
    private string Zip(string pickle, params float[] storage) => Zip(pickle, CompressionLevel.NoCompression, storage);

    private string Zip(string pickle, CompressionLevel compression, float[] storage)
    {
        File.Delete(_folder["x.pt"]);
        using var zip = ZipFile.Open(_folder["x.pt"], ZipArchiveMode.Create);
        using (var stream = zip.CreateEntry("x/data.pkl", CompressionLevel.NoCompression).Open())
            stream.Write(Encoding.Latin1.GetBytes(pickle));
        using (var stream = zip.CreateEntry("x/data/0", compression).Open()) SafetensorsWriter.WriteFloats(stream, storage);
        return _folder["x.pt"];
    }
}
