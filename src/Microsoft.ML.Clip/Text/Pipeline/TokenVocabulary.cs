using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>A model's tokens and their ids.</summary>
internal sealed class TokenVocabulary
{
    /// <summary>Ids are rows of a table, which is made for all of them; the largest published have a million.</summary>
    private const int MaxId = 1 << 22;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private TokenVocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        LongestToken = ids.Keys.Select(token => token.Length).DefaultIfEmpty(0).Max();
    }

    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>Length of the longest token in UTF-16 units.</summary>
    public int LongestToken { get; }

    /// <summary>Reads the object <c>vocab</c>.</summary>
    public static TokenVocabulary Read(PipelineStep model)
    {
        var vocab = model.Get("vocab");
        if (vocab.ValueKind != JsonValueKind.Object) throw model.Wrong("has no object 'vocab'");
        return Create(vocab.EnumerateObject().Select(token => (token.Name, token.Value.GetInt32())), model);
    }

    public static TokenVocabulary Create(IEnumerable<(string Token, int Id)> tokens, PipelineStep model)
    {
        var (ids, owners) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<int, string>());
        foreach (var (token, id) in tokens)
        {
            if (id is < 0 or >= MaxId) throw model.Wrong($"gives the token '{token}' the id {id}; ids are from 0 to below {MaxId}");
            if (!ids.TryAdd(token, id)) throw model.Wrong($"has the token '{token}' twice");
            if (!owners.TryAdd(id, token)) throw model.Wrong($"gives '{owners[id]}' and '{token}' the same id {id}");
        }

        return new TokenVocabulary(ids);
    }

    public int? Find(ReadOnlySpan<char> token) => _lookup.TryGetValue(token, out var id) ? id : null;

    /// <summary>The id of a token that must be there.</summary>
    public int Require(string token, PipelineStep model) =>
        Find(token) ?? throw model.Wrong($"names a token '{token}' that its vocabulary lacks");

    /// <summary>Adds the tokens of a text's bytes, such as <c>&lt;0x41&gt;</c>; false where the vocabulary lacks one of them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where it begins in the whole one.</param>
    /// <param name="end">Where it ends there.</param>
    /// <param name="pieces">The list to add to.</param>
    public bool TryAddBytes(ReadOnlySpan<char> text, int start, int end, List<EncodedPiece> pieces)
    {
        var count = pieces.Count;
        foreach (var value in Encoding.UTF8.GetBytes(text.ToArray()))
        {
            if (Find($"<0x{value:X2}>") is { } id)
            {
                pieces.Add(new(id, start, end));
                continue;
            }

            pieces.RemoveRange(count, pieces.Count - count);
            return false;
        }

        return true;
    }
}
