using System.ComponentModel;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.AspNetCore.Searching;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Clip.Cli.Serving;

/// <summary>
/// What assistants are given over the Model Context Protocol: pictures found by words, by likeness, and named. They get names, ids and
/// scores; the pictures themselves stay where they are.
/// </summary>
[McpServerToolType]
internal sealed class PictureTools(PictureSearch search, PictureIndex pictures, Classifier classifier)
{
    private const int MaxTop = 100;

    [McpServerTool(
        Name = "search_images", Title = "Search pictures by words", ReadOnly = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Finds the person's own pictures that fit a description best. Gives ids, file names and scores (cosines), best first.")]
    public Task<FoundPictures> SearchAsync(
        [Description("What the pictures should show, in English, such as 'a red car at night'.")] string query,
        [Description("What they should not show.")] string[]? without = null,
        [Description("How many pictures, from 1 to 100.")] int top = 10,
        CancellationToken cancellation = default) => AnswerAsync(
            new PictureQuery
            {
                Text = Words(query, "query"),
                Without = [.. (without ?? []).Where(word => !string.IsNullOrWhiteSpace(word))],
            },
            top, cancellation);

    [McpServerTool(
        Name = "similar_images", Title = "Find similar pictures", ReadOnly = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Finds the person's own pictures that look most like one of them. Gives ids, names and scores (cosines), best first.")]
    public Task<FoundPictures> SimilarAsync(
        [Description("The id of a picture, as search_images gives it.")] string id,
        [Description("How many pictures, from 1 to 100.")] int top = 10,
        CancellationToken cancellation = default) => AnswerAsync(new PictureQuery { Like = id }, top, cancellation);

    [McpServerTool(
        Name = "classify_image", Title = "Name what a picture shows", ReadOnly = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Tells which of some labels fits a picture best. Gives the labels with their probabilities, best first.")]
    public Task<ClassifiedPicture> ClassifyAsync(
        [Description("The id of a picture, as search_images gives it.")] string id,
        [Description("The labels to choose among, such as 'cat' and 'dog'; two or more.")] string[] labels,
        CancellationToken cancellation = default) => TellAsync(async () =>
    {
        var entry = pictures.Find(id);
        var picture = await pictures.ReadAsync(entry, cancellation).ConfigureAwait(false);
        var scores = await classifier.ClassifyAsync(picture, labels, [], cancellation).ConfigureAwait(false);
        return new ClassifiedPicture(FoundPicture.NameOf(entry), scores);
    });

    private Task<FoundPictures> AnswerAsync(PictureQuery query, int top, CancellationToken cancellation) => TellAsync(async () =>
    {
        if (top is < 1 or > MaxTop) throw new McpException($"'top' must be from 1 to {MaxTop}, and is {top}.");
        return new FoundPictures(await search.FindAsync(query with { Top = top }, cancellation).ConfigureAwait(false));
    });

    private static string Words(string text, string name) =>
        string.IsNullOrWhiteSpace(text) ? throw new McpException($"'{name}' is empty; say what to look for.") : text;

    /// <summary>The protocol hands on the sentences of its own exceptions alone.</summary>
    private static async Task<T> TellAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            throw new McpException(e.Message, e);
        }
    }
}

/// <summary>The pictures, best first.</summary>
internal sealed record FoundPictures(IReadOnlyList<FoundPicture> Pictures);

/// <summary>A picture's file name and its labels, best first.</summary>
internal sealed record ClassifiedPicture(string Name, IReadOnlyList<ClipLabelScore> Labels);
