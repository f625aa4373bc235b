using System.Numerics.Tensors;

namespace Clip.Evaluation.Report;

/// <summary>Examples of a retrieval, both ways, and the pictures that they need.</summary>
/// <param name="Retrieval">All of it.</param>
/// <param name="Pictures">Those that are shown; examples tell them by their place here.</param>
/// <param name="ByText">Captions, and the pictures they find.</param>
/// <param name="ByPicture">Pictures, and the captions they find.</param>
internal sealed record ShownRetrieval(
    ReportedRetrieval Retrieval,
    IReadOnlyList<ReportedPicture> Pictures,
    IReadOnlyList<ShownRetrieval.TextQuery> ByText,
    IReadOnlyList<ShownRetrieval.PictureQuery> ByPicture)
{
    /// <summary>Examples of each direction at most.</summary>
    public const int MostExamples = 100;

    private const int Kept = 5;

    /// <summary>Draws examples with a seed and finds what they find.</summary>
    public static ShownRetrieval Of(ReportedRetrieval all)
    {
        var (pictures, places) = (new List<ReportedPicture>(), new Dictionary<int, int>());
        var textsOf = Enumerable.Range(0, all.Texts.Count).ToLookup(text => all.PictureOfText[text]);
        return new ShownRetrieval(
            all, pictures,
            [.. ReportPage.Draw(all.Texts.Count, Math.Min(MostExamples, all.Texts.Count)).Select(ByText)],
            [.. ReportPage.Draw(all.Pictures.Count, Math.Min(MostExamples, all.Pictures.Count)).Select(ByPicture)]);

        TextQuery ByText(int text)
        {
            var own = all.PictureOfText[text];
            var (best, scores) = Best(all.TextFeatures[text], all.PictureFeatures);
            return new TextQuery(
                all.Texts[text], Show(own), [.. best.Select(Show)], [.. best.Select(i => scores[i])], Rank(Placing.Of(scores, own)));
        }

        PictureQuery ByPicture(int picture)
        {
            int[] own = [.. textsOf[picture]];
            var (best, scores) = Best(all.PictureFeatures[picture], all.TextFeatures);
            return new PictureQuery(
                Show(picture), [.. own.Select(i => all.Texts[i])], [.. best.Select(i => all.Texts[i])], [.. best.Select(own.Contains)],
                [.. best.Select(i => scores[i])], Rank(Placing.Of(scores, own)));
        }

        int Show(int picture)
        {
            if (places.TryGetValue(picture, out var place)) return place;
            pictures.Add(all.Pictures[picture]);
            return places[picture] = pictures.Count - 1;
        }
    }

    private static int Rank(Placing place) => place.Better + place.Wrong + 1;

    private static (int[] Best, float[] Scores) Best(float[] query, IReadOnlyList<float[]> candidates)
    {
        float[] scores = [.. candidates.Select(candidate => TensorPrimitives.Dot<float>(query, candidate))];
        return ([.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(Kept)], scores);
    }

    /// <summary>A caption and the pictures nearest to it.</summary>
    /// <param name="Text">The caption.</param>
    /// <param name="Own">Its picture.</param>
    /// <param name="Best">The pictures found, best first.</param>
    /// <param name="Scores">Their cosines.</param>
    /// <param name="Rank">Its own picture's rank, from 1.</param>
    internal sealed record TextQuery(string Text, int Own, int[] Best, float[] Scores, int Rank);

    /// <summary>A picture and the captions nearest to it.</summary>
    /// <param name="Picture">The picture.</param>
    /// <param name="Own">Its captions.</param>
    /// <param name="Best">The captions found, best first.</param>
    /// <param name="IsOwn">Which of them are its own.</param>
    /// <param name="Scores">Their cosines.</param>
    /// <param name="Rank">The rank of the best of its own, from 1.</param>
    internal sealed record PictureQuery(int Picture, string[] Own, string[] Best, bool[] IsOwn, float[] Scores, int Rank);
}
