namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>Tokens beside the model's own, as Hugging Face's <c>tokenizers</c> find them in a text.</summary>
public class AddedTokenTests
{
    private const string Lower = "\"normalizer\":{\"type\":\"Lowercase\"},";

    [Theory]
    [InlineData("", "a <m> b", "a |<m>| b")]
    [InlineData(""","lstrip":true""", "a \t<m> b", "a| \t<m>| b")]
    [InlineData(""","rstrip":true""", "a <m> \u00A0b", "a |<m> \u00A0|b")]
    [InlineData(""","lstrip":true,"rstrip":true""", " <m> ", " <m> ")]
    [InlineData(""","lstrip":true""", "<m>  <m>", "<m>|  <m>")]
    [InlineData(""","rstrip":true""", "<m>  <m>", "<m>  |<m>")]
    public void ATokenTakesTheSpaceBesideItWhereItIsToldTo(string options, string text, string expected) =>
        Assert.Equal(expected, StepFile.Words($"\"added_tokens\":[{Token("<m>", 1, options)}]", text));

    /// <summary>Two blanks may be a token themselves: those that another took are gone.</summary>
    [Fact]
    public void SpaceThatATokenTookIsNoOtherTokensAgain() => Assert.Equal(
        "<m>   |x|  |y",
        StepFile.Words($"\"added_tokens\":[{Token("<m>", 1, ""","rstrip":true""")},{Token("  ", 2)}]", "<m>   x  y"));

    [Theory]
    [InlineData("cat", "cat")]
    [InlineData("a-cat.", "a-|cat|.")]
    [InlineData("concatenate", "concatenate")]
    [InlineData("cats", "cats")]
    [InlineData("cat_", "cat_")]
    [InlineData("2cat", "2cat")]
    [InlineData("犬cat", "犬cat")]
    [InlineData("𝒜cat", "𝒜cat")]
    [InlineData("cat\u0301", "cat\u0301")]
    [InlineData("cats cat", "cats |cat")]
    public void ASingleWordTouchesNoOther(string text, string expected) => Assert.Equal(
        expected, StepFile.Words($"\"added_tokens\":[{Token("cat", 1, ""","single_word":true""")}]", text));

    [Theory]
    [InlineData(true, "Cat CAT cat", "cat| |cat| |cat")]
    [InlineData(false, "Cat CAT cat", "cat |CAT| cat")]
    public void ANormalizedTokenIsFoundInTheNormalizedText_AnotherInTheTextAsGiven(bool isNormalized, string text, string expected) =>
        Assert.Equal(
            expected,
            StepFile.Words($$"""
                {{Lower}}"added_tokens":[{"id":1,"content":"CAT","normalized":{{(isNormalized ? "true" : "false")}}}]
                """, text));

    /// <summary>As in <c>tokenizers</c>; files that it wrote always say.</summary>
    [Fact]
    public void WhereTheFileDoesNotSayATokenIsNormalized_AndNotSpecial()
    {
        var tokenizer = StepFile.Open($$"""{{Lower}}"added_tokens":[{"id":1,"content":"CAT"}]""");

        Assert.Equal([1], tokenizer.Encode("Cat"));
        Assert.Equal("CAT", tokenizer.Decode([1]));
    }

    [Fact]
    public void TokensOfTheTextAsGivenAreFoundFirst() => Assert.Equal(
        [2], StepFile.Open($$"""{{Lower}}"added_tokens":[{"id":1,"content":"a"},{{Token("Aa", 2)}}]""").Encode("Aa"));

    [Theory]
    [InlineData("<a><b>", new[] { 3 })]
    [InlineData("<a><a><b><b>", new[] { 1, 3, 2 })]
    [InlineData("<b><a>", new[] { 2, 1 })]
    public void OfTokensThatBeginAlikeTheLongestIsFound(string text, int[] expected) => Assert.Equal(
        expected, StepFile.Open($"\"added_tokens\":[{Token("<a>", 1)},{Token("<b>", 2)},{Token("<a><b>", 3)}]").Encode(text));

    [Fact]
    public void ATokenThatTheModelHasAsWellIsOneToken()
    {
        var tokenizer = StepFile.Open(
            $"\"added_tokens\":[{Token("cat", 1)}]", """{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"cat":1,"s":2}}""");

        Assert.Equal([1, 2], tokenizer.Encode("cats"));
        Assert.Equal(3, tokenizer.VocabularySize);
    }

    /// <summary>Ids are rows of a table: one more than the largest is needed, however few there are.</summary>
    [Fact]
    public void IdsMayHaveGaps()
    {
        var tokenizer = StepFile.Open($"\"added_tokens\":[{Token("<x>", 9)}]");

        Assert.Equal(10, tokenizer.VocabularySize);
        Assert.Equal([9], tokenizer.Encode("<x>"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([5]));
    }

    [Theory]
    [InlineData("""{"id":1,"content":""}""", "is an empty text")]
    [InlineData("""{"content":"x"}""", "has no id")]
    [InlineData("""{"id":1}""", "has no 'content'")]
    [InlineData("""{"id":-1,"content":"x"}""", "'x' has the id -1")]
    [InlineData("""{"id":4194304,"content":"x"}""", "'x' has the id 4194304")]
    [InlineData("""{"id":1.5,"content":"x"}""", "has 1.5 as 'id', which is no whole number")]
    [InlineData("""{"id":1,"content":"?"}""", "'?' has the id 1, but 0 in the vocabulary")]
    [InlineData("""{"id":1,"content":"x"},{"id":1,"content":"y"}""", "'y' has the id 1, which is that of 'x'")]
    public void ATokenThatContradictsIsRefused(string tokens, string sentence) =>
        Assert.Contains(sentence, StepFile.Refusal($"\"added_tokens\":[{tokens}]"));

    [Fact]
    public void TheLargestIdThatIsAllowedIsAllowed() =>
        Assert.Equal(1 << 22, StepFile.Open($"\"added_tokens\":[{Token("x", (1 << 22) - 1)}]").VocabularySize);

    private static string Token(string content, int id, string options = "") =>
        $$"""{"id":{{id}},"content":"{{content}}","normalized":false{{options}}}""";
}
