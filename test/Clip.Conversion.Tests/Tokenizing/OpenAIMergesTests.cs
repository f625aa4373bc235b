using System.IO.Compression;
using System.Text;
using Clip.Conversion.Tokenizing;

namespace Clip.Conversion.Tests.Tokenizing;

public sealed class OpenAIMergesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_vocabulary_is_CLIPs_own(bool compressed)
    {
        var expected = BpeVocabulary.Load(Golden.Path("golden/clip_tokenizer"));
        // As OpenAI's file: another header, and merges beyond those that CLIP uses.
        var lines = File.ReadAllLines(Golden.Path("golden/clip_tokenizer/merges.txt"));
        var text = "\"bpe_simple_vocab_16e6.txt#version: 0.2\n" + string.Join('\n', lines.Skip(1)) + "\nmore than</w>\nis used</w>\n";

        var found = OpenAIMerges.Load(Write(text, compressed));

        Assert.Equal(expected.Merges, found.Merges);
        Assert.Equal(expected.Ids, found.Ids);
        Assert.Equal((49406, 49407, 49408), (found.StartOfTextId, found.EndOfTextId, found.Size));
    }

    /// <summary>openai/CLIP makes a dict of pairs, in which a later pair of the same token takes the earlier's place.</summary>
    [Fact]
    public void A_token_that_two_merges_spell_has_the_later_ones_number()
    {
        var found = OpenAIMerges.Load(Write("#version: 0.2\na b\nab c\nb c\na bc\nx y\n", false));

        // Behind 256 bytes, inside and at the end of a word: ab, abc, bc, abc, xy.
        Assert.Equal((512, 514, 515, 516), (found.Ids["ab"], found.Ids["bc"], found.Ids["abc"], found.Ids["xy"]));
        Assert.Equal((517, 518), (found.StartOfTextId, found.EndOfTextId));
        Assert.Equal(519, found.Size);
    }

    [Fact]
    public void Another_file_is_refused()
    {
        Refused.With("does not begin with the #version", () => OpenAIMerges.Load(Write("i n\nt h\n", true)));
        Refused.With("line 3 is 't h e', not two tokens", () => OpenAIMerges.Load(Write("#version: 0.2\ni n\nt h e\n", true)));
        Refused.With("needs the token", () => OpenAIMerges.Load(Write("#version: 0.2\nth e</w>\n", true)));
        Refused.With("is too large", () => OpenAIMerges.Load(Write("#version: 0.2\n" + new string('a', 40 << 20), true)));
        var whole = File.ReadAllBytes(Write("#version: 0.2\ni n\n", true));
        whole[12] ^= 0xFF;
        File.WriteAllBytes(_folder["x.gz"], whole);
        Refused.With("x.gz", () => OpenAIMerges.Load(_folder["x.gz"]));
    }

    private string Write(string text, bool compressed)
    {
        using var file = File.Create(_folder["x.gz"]);
        using Stream stream = compressed ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(Encoding.UTF8.GetBytes(text));
        return _folder["x.gz"];
    }
}
