using Clip.Data;

namespace Clip.Data.Tests;

public class SentencesTests
{
    [Theory]
    [InlineData("a dog", "a dog")]
    [InlineData("No effusion. The heart is normal in size.", "No effusion.|The heart is normal in size.")]
    [InlineData("\"A cat?\" Yes!  Two, of 3.5 kg.", "\"A cat?\"|Yes!|Two, of 3.5 kg.")]
    [InlineData("first line\r\n second line \n", "first line|second line")]
    [InlineData("...", "...")]
    [InlineData("  ", "  ")]
    public void ATextIsCutAtItsSentences(string text, string sentences) => Assert.Equal(sentences.Split('|'), Sentences.Of(text));
}
