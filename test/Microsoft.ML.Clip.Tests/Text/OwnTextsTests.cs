using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Text.Repair;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>The texts of <c>test/Goldens/own</c> by class: exactly what ftfy 6.3.1 and the original tokenizer made of them.</summary>
public sealed class OwnTextsTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Goldens", "own");

    /// <summary>Those in the texts that Unicode has got since the reference's version 14, as far as this .NET knows them.</summary>
    private static readonly Lazy<HashSet<Rune>> NewCharacters = new(() =>
        [.. File.ReadLines(Path.Combine(Folder, "unassigned.txt")).Select(code => new Rune(Convert.ToInt32(code, 16)))
            .Where(rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherNotAssigned)]);

    private static readonly Lazy<ILookup<string, Row>> Rows = new(() =>
        File.ReadLines(Path.Combine(Folder, "texts.jsonl"))
            .Select(line => JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!)
            .Where(row => !row.Text.EnumerateRunes().Any(NewCharacters.Value.Contains)).ToLookup(row => row.Class));

    public static TheoryData<string> Classes() => [.. Rows.Value.Select(rows => rows.Key)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void CleansAsTheOriginal(string kind) =>
        Assert.All(Rows.Value[kind], row => Assert.Equal(row.Cleaned, TextCleaner.Clean(row.Text)));

    [Fact]
    public void NearlyAllTextsAreCompared() => Assert.InRange(Rows.Value.Sum(rows => rows.Count()), 2500, 2590);

    [SkippableTheory]
    [MemberData(nameof(Classes))]
    public void GivesTheIdsOfTheOriginal(string kind)
    {
        var clip = GoldenTokenizer.Clip;
        Assert.All(Rows.Value[kind], row =>
            Assert.Equal([clip.StartOfTextId, .. row.Ids, clip.EndOfTextId], clip.Encode(row.Text, contextLength: int.MaxValue)));
    }

    private sealed record Row(string Class, string Text, string Cleaned, int[] Ids);
}
