using System.IO.Compression;
using System.Text;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

/// <summary>
/// PyTorch files as trainers leave them: weights under some key, beside them whatever else was saved. Each pickle here is written by its
/// opcodes (pickletools).
/// </summary>
public sealed class OtherPeoplesFilesTests : IDisposable
{
    private const string NumPyScalar =
        "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n(X\u0002\0\0\0f8\u0089\u0088tR(K\u0003X\u0001\0\0\0<NNN"
        + "J\u00FF\u00FF\u00FF\u00FFJ\u00FF\u00FF\u00FF\u00FFK\0tb"
        + "c_codecs\nencode\n(X\u0001\0\0\0aX\u0006\0\0\0latin1tR\u0086R";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Beside => new()
    {
        NumPyScalar,
        NumPyScalar.Replace("numpy.core.multiarray", "numpy._core.multiarray", StringComparison.Ordinal),
        "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085C\u0001b\u0087R",                    // an array
        "cnumpy\nfloat64\n)R", "cnumpy.random\n__randomstate_ctor\n)R",
        "cargparse\nNamespace\n)\u0081}X\u0002\0\0\0lrG\0\0\0\0\0\0\0\0sb",                                   // an instance with attributes
        "cdatetime\ndatetime\nC\u0001a\u0085R", "cdatetime\ntimedelta\nK\u0001\u0085R", "cpathlib\nPosixPath\nX\u0001\0\0\0a\u0085R",
        "comegaconf.dictconfig\nDictConfig\n)\u0081}X\u0001\0\0\0aNsb", "ceasydict\nEasyDict\n)\u0081X\u0001\0\0\0aK\u0001s",
        "c__main__\nargs\n)\u0081", "ctraining.params\nConfig\n)\u0081",
        "ctransformers.trainer_utils\nIntervalStrategy\nX\u0005\0\0\0steps\u0085R",
        "ccollections\ndefaultdict\nc__builtin__\nlist\n\u0085R", "ccollections\nCounter\n}\u0085R", "cbuiltins\nset\n]\u0085R",
        "ctorch\nfloat16\n", "ctorch\ndevice\nX\u0004\0\0\0cuda\u0085R", "ctorch\nSize\nK\u0001\u0085\u0085R",
        "c__builtin__\nxrange\nK\0K\u0002\u0086R",
        "cbuiltins\ngetattr\nctrain.args\nPrecision\nX\u0003\0\0\0AMP\u0086R",  // of an enumeration
        "cos\nsystem\n",                                                                                     // named, and never called
        "(I1\nF2.5\nL3L\nS'a'\nVb\nI01\nl", "(X\u0001\0\0\0aK\u0001d", "\u008f(K\u0001\u0090", "\u008b\u0001\0\0\0\u0005", "B\u0001\0\0\0z",
    };

    [Theory]
    [MemberData(nameof(Beside))]
    public void What_lies_beside_the_weights_is_not_looked_at(string other)
    {
        var path = Zip($"}}(X\u000a\0\0\0state_dict{Tensors("logit_scale", "visual.proj")}X\u0004\0\0\0args{other}u");

        Assert.Equal(["logit_scale", "visual.proj"], CheckpointFile.Load(path).Keys);
    }

    [Theory]
    [InlineData("cos\nsystem\nX\u0002\0\0\0ls\u0085R", "os.system")]
    [InlineData("cposix\nsystem\nX\u0002\0\0\0ls\u0085R", "posix.system")]
    [InlineData("csubprocess\nPopen\nX\u0002\0\0\0ls\u0085R", "subprocess.Popen")]
    [InlineData("csubprocess\nPopen\n)\u0081", "subprocess.Popen")]
    [InlineData("(isubprocess\nPopen\n", "subprocess.Popen")]
    [InlineData("(csubprocess\nPopen\no", "subprocess.Popen")]
    [InlineData("cbuiltins\neval\nX\u0001\0\0\01\u0085R", "builtins.eval")]
    [InlineData("c__builtin__\nexec\nX\u0001\0\0\01\u0085R", "__builtin__.exec")]
    [InlineData("cbuiltins\ngetattr\nNN\u0086R", "builtins.getattr")]
    [InlineData("cbuiltins\ngetattr\ncos\nsystem\nX\u0001\0\0\0a\u0086R", "builtins.getattr")]
    [InlineData("cbuiltins\ngetattr\ncmine\nTool\nX\u0009\0\0\0__class__\u0086R", "builtins.getattr")]
    [InlineData("cbuiltins\ngetattr\ncmine\nTool\nX\u0003\0\0\0run\u0086R)R", "wants to run what it computed")]
    [InlineData("cctypes\nCDLL\nX\u0001\0\0\0a\u0085R", "ctypes.CDLL")]
    [InlineData("cio\nFileIO\nX\u0001\0\0\0a\u0085R", "io.FileIO")]
    [InlineData("ctorch\nload\nX\u0001\0\0\0a\u0085R", "torch.load")]
    [InlineData("ctorch.hub\nload\nX\u0001\0\0\0a\u0085R", "torch.hub.load")]
    [InlineData("cnumpy\nload\nX\u0001\0\0\0a\u0085R", "numpy.load")]
    [InlineData("cnumpy.testing._private.utils\nrunstring\nX\u0001\0\0\0a\u0085R", "runstring")]
    [InlineData("cpickle\nloads\nC\u0001a\u0085R", "pickle.loads")]
    [InlineData("cwebbrowser\nopen\nX\u0001\0\0\0a\u0085R", "webbrowser.open")]
    [InlineData("c__main__\nrun\n)R", "__main__.run")]
    [InlineData("\u008c\u0007pathlib\u008c\u000fPath.write_text\u0093)R", "pathlib.Path.write_text")]
    [InlineData("ctypes\nFunctionType\n)\u0081", "types.FunctionType")]
    [InlineData("c__main__\nX\n)\u0081}X\u000c\0\0\0__setstate__cos\nsystem\nsb", "changes how its objects are made")]
    [InlineData("c__main__\nX\n)\u0081)R", "wants to run what it computed")]
    public void A_call_that_does_something_refuses_the_whole_file(string hostile, string named)
    {
        var path = Zip($"}}(X\u000a\0\0\0state_dict{Tensors("logit_scale", "visual.proj")}X\u0004\0\0\0args{hostile}u");

        Refused.With(named, () => CheckpointFile.Load(path));
    }

    [Theory]
    [InlineData("model_state_dict")]
    [InlineData("model")]
    [InlineData("module")]
    [InlineData("network")]
    [InlineData("net")]
    [InlineData("ema")]
    [InlineData("model_ema")]
    [InlineData("state_dict_ema")]
    [InlineData("anything")]
    [InlineData("a/model")]
    [InlineData("pytorch-lightning_version/state/model")]
    public void Weights_are_found_under_any_key(string keys)
    {
        var pickle = Tensors("logit_scale", "visual.proj", "token_embedding.weight");
        foreach (var key in keys.Split('/').Reverse()) pickle = $"}}X{(char)key.Length}\0\0\0{key}{pickle}s";

        Assert.Equal(["logit_scale", "visual.proj", "token_embedding.weight"], CheckpointFile.Load(Zip(pickle)).Keys);
    }

    [Theory]
    [InlineData("clip_model.")]
    [InlineData("net.")]
    [InlineData("model.clip.")]
    [InlineData("student.backbone.module.")]
    public void Any_prefix_that_all_weights_have_is_taken_off(string prefix)
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        SafetensorsWriter.Write(_folder["m.safetensors"], weights.Select(w => KeyValuePair.Create(prefix + w.Key, w.Value)));

        SameWeights.Assert(weights, CheckpointFile.Load(_folder["m.safetensors"]));
    }

    [Fact]
    public void The_weights_and_not_their_average_are_taken_and_that_is_told()
    {
        var tensors = Tensors("logit_scale", "visual.proj");
        var path = Zip($"}}(X\u0005\0\0\0model{tensors}X\u0009\0\0\0model_ema{tensors}u");

        using var file = CheckpointFile.Open(path);

        Assert.Equal("model_ema", file.LeftOut);
        Assert.Equal(["logit_scale", "visual.proj"], file.Weights.Keys);
    }

    [Fact]
    public void Of_two_models_none_is_guessed()
    {
        var tensors = Tensors("logit_scale", "visual.proj");
        var path = Zip($"}}(X\u0007\0\0\0student{tensors}X\u0007\0\0\0teacher{tensors}u");

        Refused.With("holds several models, 'student', 'teacher'", () => CheckpointFile.Load(path));
    }

    [Fact]
    public void A_CLIP_inside_a_larger_model_is_not_that_model()
    {
        var weights = RandomModel.Weights(RandomModel.Config).Select(w => KeyValuePair.Create($"model.clip.{w.Key}", w.Value));
        SafetensorsWriter.Write(_folder["m.safetensors"], weights.Append(new("model.head.weight", new WeightTensor([1], new[] { 1f }))));

        Refused.With("holds a larger model, of which 'model.clip' looks like a CLIP", () => CheckpointFile.Load(_folder["m.safetensors"]));
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 605247071\n", "is a Git LFS pointer, not the file itself")]
    [InlineData("<!DOCTYPE html>\n<html></html>", "is a web page, not the file itself")]
    [InlineData("\n <HTML><head>", "is a web page, not the file itself")]
    public void What_lies_in_a_files_place_is_named(string content, string message)
    {
        foreach (var name in new[] { "x.pt", "model.safetensors" })
        {
            File.WriteAllText(_folder[name], content);
            Refused.With(message, () => CheckpointFile.Load(_folder[name]));
        }
    }

    [Fact]
    public void A_pointer_does_not_hide_weights_that_are_there()
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        File.WriteAllText(_folder["model.safetensors"], "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 6\n");
        SafetensorsWriter.Write(_folder["open_clip_model.safetensors"], weights);

        SameWeights.Assert(weights, CheckpointFile.Load(_folder.Path));
    }

    [Fact]
    public void Whole_numbers_are_no_weights()
    {
        // A shape of 1 in each of the types that safetensors has for whole numbers.
        foreach (var (type, bytes) in new[] { ("I32", 4), ("I8", 1), ("U8", 1), ("I64", 8), ("BOOL", 1) })
        {
            var header = $"{{\"visual.proj\":{{\"dtype\":\"{type}\",\"shape\":[1,1],\"data_offsets\":[0,{bytes}]}}}}";
            File.WriteAllBytes(
                _folder["m.safetensors"],
                [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[bytes]]);

            Refused.With("the weight 'visual.proj' is stored as", () => CheckpointFile.Load(_folder["m.safetensors"]));
        }
    }

    [SkippableTheory]
    [InlineData("01-numpy-scalar/epoch_1.pt")]
    [InlineData("02-model-state-dict/under_model.pt")]
    [InlineData("27-wrappers/clip_model.safetensors")]
    public void Cases_from_outside_are_read(string file)
    {
        using var checkpoint = CheckpointFile.Open(Golden.Path($"cases/{file}"));

        Assert.Contains("visual.proj", checkpoint.Weights.Keys);
        Assert.Contains("token_embedding.weight", checkpoint.Weights.Keys);
        Assert.DoesNotContain(checkpoint.Weights.Keys, name => name.Contains("optimizer", StringComparison.Ordinal));
    }

    /// <summary>The pickle of a dictionary of tensors of one value.</summary>
    private static string Tensors(params string[] names) => "}(" + string.Concat(names.Select(name =>
        $"X{(char)name.Length}\0\0\0{name}ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00"
        + "X\u0003\0\0\0cpuK\u0001tQK\0K\u0001\u0085K\u0001\u0085\u0089NtR")) + "u";

    private string Zip(string pickle)
    {
        File.Delete(_folder["x.pt"]);
        using var zip = ZipFile.Open(_folder["x.pt"], ZipArchiveMode.Create);
        using (var stream = zip.CreateEntry("x/data.pkl", CompressionLevel.NoCompression).Open())
            stream.Write(Encoding.Latin1.GetBytes($"\u0080\u0002{pickle}."));
        using (var stream = zip.CreateEntry("x/data/0", CompressionLevel.NoCompression).Open())
            SafetensorsWriter.WriteFloats(stream, [1f]);
        return _folder["x.pt"];
    }
}
