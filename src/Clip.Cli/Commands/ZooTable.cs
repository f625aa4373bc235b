using System.Globalization;
using Clip.Conversion.Zoo;

namespace Clip.Cli.Commands;

/// <summary>What <c>clip models --zoo</c> prints: open_clip's models, a line each.</summary>
internal static class ZooTable
{
    public static void Print()
    {
        Console.WriteLine(
            $"{"model",-34}{"image",6}{"embed",7}{"parameters",16}{"GFLOPs image",14}{"GFLOPs text",13}  {"license",-14}"
            + $"{"name to pull",-63}family");
        var converting = 0;
        foreach (var entry in ZooCatalog.All)
        {
            var start = $"{entry.Name,-34}";
            try
            {
                var model = ZooSummary.Of(entry);
                converting++;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{start}{model.ImageSize,6}{model.EmbedDim,7}{model.Parameters,16:N0}{model.ImageOperations / 1e9,14:F2}"
                    + $"{model.TextOperations / 1e9,13:F2}  {entry.License ?? "not stated",-14}{Pull(entry),-63}{model.Family}"));
            }
            catch (ClipException e)
            {
                Console.WriteLine($"{start}does not convert: {e.Message}");
            }
        }

        Console.WriteLine(
            $"{converting} of {ZooCatalog.All.Count} convert. A license that is not stated here stands at the hub.");
    }

    private static string Pull(ZooEntry entry) => entry.Repository ?? "-";
}
