#:package Tokenizers.DotNet@1.4.1
#:package Tokenizers.DotNet.runtime.linux-x64@1.4.1
#:property RuntimeIdentifier=linux-x64
#:property SelfContained=false
#:property PublishAot=false
#:property ManagePackageVersionsCentrally=false
#:property TreatWarningsAsErrors=false
#:property InvariantGlobalization=true

// Writes beside each tokenizer what Hugging Face's own tokenizers (Rust, by way of Tokenizers.DotNet) make of the texts:
// `dotnet run oracle.cs [folder for the ids in full]`. For each text five bytes: the first three of the SHA-256 of its ids (int32,
// little-endian), and the first two of that of the text that they decode to (UTF-8).

using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tokenizers.DotNet;

var folder = Path.GetDirectoryName(Source())!;
var model = File.ReadAllBytes(Path.Combine(folder, "../../Microsoft.ML.Clip.Tests/Text/SentencePiece/unigram.model"));
using var packed = new GZipStream(File.OpenRead(Path.Combine(folder, "texts.jsonl.gz")), CompressionMode.Decompress);
var lines = new StreamReader(packed).ReadToEnd().TrimEnd('\n').Split('\n');
var texts = lines.Select(line => JsonSerializer.Deserialize<string>(line)!).ToArray();
foreach (var path in Directory.GetFiles(folder, "*.json").Order())
{
    var copy = Path.GetTempFileName();
    File.WriteAllText(copy, File.ReadAllText(path).Replace("\"unigram.model\"", $"\"{CharacterMap(model)}\""));
    using var tokenizer = new Tokenizer(copy);
    File.Delete(copy);
    using var result = File.Create(Path.ChangeExtension(path, "sha"));
    using var full = args is [var to] ? File.CreateText(Path.Combine(to, Path.GetFileNameWithoutExtension(path) + ".jsonl")) : null;
    foreach (var text in texts)
    {
        var ids = tokenizer.Encode(text);
        var decoded = ids.Length == 0 ? "" : tokenizer.Decode(ids);
        result.Write(SHA256.HashData(MemoryMarshal.AsBytes(ids.AsSpan())).AsSpan(0, 3));
        result.Write(SHA256.HashData(Encoding.UTF8.GetBytes(decoded)).AsSpan(0, 2));
        full?.WriteLine(JsonSerializer.Serialize(new object[] { text, ids, decoded }));
    }

    Console.WriteLine($"{Path.GetFileName(path)}: {texts.Length} texts by tokenizers {tokenizer.GetVersion()}");
}

static string Source([CallerFilePath] string path = "") => path;

// precompiled_charsmap: field 2 of the model's normalizer_spec, which is field 3.
static string CharacterMap(byte[] model) => Convert.ToBase64String(Field(Field(model, 3), 2));

static byte[] Field(ReadOnlySpan<byte> message, int wanted)
{
    while (message.Length > 0)
    {
        var key = Varint(ref message);
        if ((key & 7) == 0) Varint(ref message);
        else if ((key & 7) == 5) message = message[4..];
        else if ((key & 7) == 1) message = message[8..];
        else
        {
            var length = (int)Varint(ref message);
            if ((int)(key >> 3) == wanted) return message[..length].ToArray();
            message = message[length..];
        }
    }

    throw new InvalidDataException($"There is no field {wanted}.");
}

static ulong Varint(ref ReadOnlySpan<byte> from)
{
    ulong value = 0;
    for (var shift = 0; ; shift += 7)
    {
        var next = from[0];
        from = from[1..];
        value |= (ulong)(next & 0x7F) << shift;
        if (next < 128) return value;
    }
}
