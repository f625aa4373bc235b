using System.Globalization;
using Microsoft.ML.Clip;

namespace Programs;

/// <summary>Someone's application that has <c>Microsoft.ML.Clip.Search</c>: it indexes a picture, and finds it again.</summary>
public static class MicrosoftMLClipSearch
{
    /// <param name="args">A model folder, a picture, a config and a path to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        using var model = ClipModel.Open(args[0]);
        using (var index = ClipImageIndex.Create(args[3], model))
        {
            index.Add(new ClipIndexEntry(args[1]), model.EmbedImage(args[1]));
            index.Save();
        }

        using var opened = ClipImageIndex.Open(args[3]);
        var found = opened.SearchAsync(model, "a red square").GetAwaiter().GetResult();
        return [.. found.Select(picture => opened.GetEmbedding(picture.Id)!.Length.ToString(CultureInfo.InvariantCulture))];
    }
}
