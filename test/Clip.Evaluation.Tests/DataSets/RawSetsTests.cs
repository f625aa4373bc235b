using System.IO.Compression;
using System.Text;
using Clip.Evaluation.DataSets;
using SkiaSharp;

namespace Clip.Evaluation.Tests.DataSets;

public sealed class RawSetsTests : IDisposable
{
    private static readonly Encoding Latin1 = Encoding.Latin1;

    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Theory]
    [InlineData("", false)]
    [InlineData("MNIST/raw/", true)]
    public void MnistReadsItsIdxFiles(string root, bool packed)
    {
        Idx($"{root}t10k-images-idx3-ubyte", packed,
            [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, .. Enumerable.Range(0, 12).Select(i => (byte)(20 * i))]);
        Idx($"{root}t10k-labels-idx1-ubyte", packed, [0, 0, 8, 1, 0, 0, 0, 2, 7, 0]);

        var test = _on.Load("mnist");

        Assert.Equal(["7", "0"], test.Images.Select(image => image.Class));
        Assert.Equal(10, test.Labels.Count);
        using var second = SKBitmap.Decode(test.Images[1].Read());
        Assert.Equal((3, 2), (second.Width, second.Height));
        Assert.Equal(new SKColor(120, 120, 120), second.GetPixel(0, 0));
        Assert.Equal(new SKColor(220, 220, 220), second.GetPixel(2, 1));
    }

    [Fact]
    public void MnistWithTooFewLabelsOrCutOffIsRefused()
    {
        Idx("t10k-images-idx3-ubyte", false, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6]);
        Idx("t10k-labels-idx1-ubyte", false, [0, 0, 8, 1, 0, 0, 0, 1, 7]);
        Assert.EndsWith("t10k-labels-idx1-ubyte 1 labels; get both again.", _on.Error("mnist"));

        Idx("t10k-images-idx3-ubyte", false, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5]);
        Assert.EndsWith("t10k-images-idx3-ubyte is damaged: it does not read as an idx file of bytes; get it again.", _on.Error("mnist"));
    }

    [Fact]
    public void Cifar10ReadsItsBinaryFiles()
    {
        _on.Write("cifar-10-batches-bin/test_batch.bin", [1, .. Planes(10, 20, 30), 0, .. Planes(40, 50, 60)]);
        _on.Write("cifar-10-batches-bin/batches.meta.txt", "airplane", "automobile", "");

        var test = _on.Load("cifar10");

        Assert.Equal(
            ["cifar-10-batches-bin/test_batch.bin#0: automobile", "cifar-10-batches-bin/test_batch.bin#1: airplane"], _on.Rows(test));
        IsPlain(test.Images[1], new SKColor(40, 50, 60));
    }

    [Fact]
    public void Cifar100IsByFineClass()
    {
        _on.Write("cifar-100-binary/test.bin", [4, 1, .. Planes(1, 2, 3)]);
        _on.Write("cifar-100-binary/fine_label_names.txt", "apple", "aquarium_fish");

        Assert.Equal(["cifar-100-binary/test.bin#0: aquarium fish"], _on.Rows(_on.Load("cifar100")));
    }

    [Fact]
    public void CifarInBytesThatAreNoRecordsIsRefused()
    {
        _on.Write("test_batch.bin", new byte[3074]);
        _on.Write("batches.meta.txt", "airplane", "automobile");
        Assert.EndsWith("test_batch.bin has 3074 bytes, which are no records of 3073; get it again.", _on.Error("cifar10"));

        _on.Write("test_batch.bin", [2, .. Planes(1, 2, 3)]);
        Assert.EndsWith("test_batch.bin has the label 2, and there are 2 classes; get it again.", _on.Error("cifar10"));
    }

    [Fact]
    public void Cifar10ReadsPythonsPickles()
    {
        _on.Write("cifar-10-batches-py/batches.meta", Pickle("}(U\vlabel_names](U\bairplaneU\nautomobileeu."));
        _on.Write("cifar-10-batches-py/test_batch", Batch("labels", [1, 0], [.. Planes(10, 200, 255), .. Planes(40, 50, 128)]));

        var test = _on.Load("cifar10");

        Assert.Equal(["cifar-10-batches-py/test_batch#0: automobile", "cifar-10-batches-py/test_batch#1: airplane"], _on.Rows(test));
        IsPlain(test.Images[0], new SKColor(10, 200, 255));
        IsPlain(test.Images[1], new SKColor(40, 50, 128));
    }

    [Fact]
    public void Cifar100ReadsPythonsPickles()
    {
        _on.Write("cifar-100-python/meta", Pickle("}(U\u0010fine_label_names](U\u0005appleU\raquarium_fisheu."));
        _on.Write("cifar-100-python/test", Batch("fine_labels", [1], Planes(9, 8, 7)));

        Assert.Equal(["cifar-100-python/test#0: aquarium fish"], _on.Rows(_on.Load("cifar100")));
    }

    [Theory]
    [InlineData("cposix\nsystem\n(U\u0004echotR.", "names posix.system, which no batch of CIFAR does; get it again.")]
    [InlineData("](K\u0001e.", "holds something other than a batch of CIFAR; get it again.")]
    [InlineData("}(U\vlabel_names", "is damaged: its pickle does not read")]
    public void APickleOfSomethingElseIsRefusedAndNeverRun(string pickle, string error)
    {
        _on.Write("batches.meta", Pickle(pickle));
        _on.Write("test_batch", Batch("labels", [1], Planes(9, 8, 7)));

        Assert.Contains(error, _on.Error("cifar10"));
    }

    /// <summary>Python 3 writes bytes as bytes, or as texts that are encoded again; NumPy 2 calls its own by another name.</summary>
    [Theory]
    [InlineData("bytes")]
    [InlineData("latin1")]
    [InlineData("latin-1")]
    [InlineData("numpy._core")]
    public void CifarReadsPicklesThatPythonThreeWrote(string form)
    {
        var pixels = Planes(10, 200, 255);
        var old = Latin1.GetString(Batch("labels", [1], pixels));
        var (start, end) = (old.IndexOf($"T{Size(3072)}", StringComparison.Ordinal), old.Length - "tbu.".Length);
        var data = form switch
        {
            "bytes" => $"B{Size(3072)}{Latin1.GetString(pixels)}",
            "numpy._core" => old[start..end],
            _ => $"c_codecs\nencode\n({Unicode(Latin1.GetString(pixels))}{Unicode(form)}tR",
        };
        var batch = old[..start] + data + old[end..];
        if (form == "numpy._core") batch = batch.Replace("cnumpy.core.", "cnumpy._core.", StringComparison.Ordinal);
        _on.Write("batches.meta", Pickle("}(U\vlabel_names](U\bairplaneU\nautomobileeu."));
        _on.Write("test_batch", Latin1.GetBytes(batch));

        var image = Assert.Single(_on.Load("cifar10").Images);

        Assert.Equal("automobile", image.Class);
        IsPlain(image, new SKColor(10, 200, 255));

        static string Unicode(string text) => $"X{Size(Encoding.UTF8.GetByteCount(text))}{Latin1.GetString(Encoding.UTF8.GetBytes(text))}";
    }

    /// <summary>Numbers of another type, or with the columns first, are other pictures.</summary>
    [Theory]
    [InlineData("U\u0002u1", "U\u0002i1")]
    [InlineData("U\u0002u1", "U\u0002u2")]
    [InlineData("tb\u0089T", "tb\u0088T")]
    public void AnArrayOfAnotherFormIsRefused(string part, string other)
    {
        var batch = Latin1.GetString(Batch("labels", [1], Planes(9, 8, 7)));
        Assert.Contains(part, batch, StringComparison.Ordinal);
        _on.Write("batches.meta", Pickle("}(U\vlabel_names](U\bairplaneU\nautomobileeu."));
        _on.Write("test_batch", Latin1.GetBytes(batch.Replace(part, other, StringComparison.Ordinal)));

        Assert.EndsWith("test_batch holds something other than a batch of CIFAR; get it again.", _on.Error("cifar10"));
    }

    [Fact]
    public void ABatchHasALabelForEachPicture()
    {
        _on.Write("batches.meta", Pickle("}(U\vlabel_names](U\bairplaneU\nautomobileeu."));
        _on.Write("test_batch", Batch("labels", [1, 0], Planes(9, 8, 7)));

        Assert.EndsWith("test_batch has 2 labels and 3072 bytes of pixels, not 3072 for each; get it again.", _on.Error("cifar10"));
    }

    private static void IsPlain(LabeledImage image, SKColor color)
    {
        using var bitmap = SKBitmap.Decode(image.Read());
        Assert.Equal((32, 32), (bitmap.Width, bitmap.Height));
        Assert.All(bitmap.Pixels, pixel => Assert.Equal(color, pixel));
    }

    private static byte[] Planes(byte red, byte green, byte blue) =>
        [.. new[] { red, green, blue }.SelectMany(value => Enumerable.Repeat(value, 1024))];

    private static byte[] Pickle(string program) => [0x80, 2, .. Encoding.Latin1.GetBytes(program)];

    /// <summary>A batch as NumPy under Python 2 pickled it.</summary>
    private static byte[] Batch(string labelKey, byte[] labels, byte[] pixels)
    {
        static string Short(string text) => $"U{(char)text.Length}{text}";
        var list = string.Concat(labels.Select(label => $"K{(char)label}"));
        return Pickle(
            $"}}(U\vbatch_label{Short("testing batch 1 of 1")}{Short(labelKey)}]({list}eU\u0004data"
            + "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085U\u0001b\u0087R"
            + $"(K\u0001J{Size(labels.Length)}M\0\f\u0086cnumpy\ndtype\nU\u0002u1K\0K\u0001\u0087R"
            + $"(K\u0003U\u0001|NNNJ{Size(-1)}J{Size(-1)}K\0tb\u0089"
            + $"T{Size(pixels.Length)}{Encoding.Latin1.GetString(pixels)}tbu.");
    }

    private static string Size(int n) => Latin1.GetString(BitConverter.GetBytes(n));

    private void Idx(string name, bool packed, byte[] content)
    {
        if (!packed)
        {
            _on.Write(name, content);
            return;
        }

        using var file = new MemoryStream();
        using (var packing = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true)) packing.Write(content);
        _on.Write($"{name}.gz", file.ToArray());
    }
}
