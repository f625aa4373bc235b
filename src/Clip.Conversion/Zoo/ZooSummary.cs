using System.Text.Json;
using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Reading;

namespace Clip.Conversion.Zoo;

/// <summary>What is told of a model of the zoo without its weights.</summary>
/// <param name="Family">What it is.</param>
/// <param name="ImageSize">Height and width of its pictures.</param>
/// <param name="EmbedDim">Width of the shared space.</param>
/// <param name="Parameters">Of the whole model.</param>
/// <param name="ImageParameters">Of the image tower.</param>
/// <param name="TextParameters">Of the text tower.</param>
/// <param name="ImageOperations">Floating-point operations for an image.</param>
/// <param name="TextOperations">The same for a text as long as the context.</param>
internal sealed record ZooSummary(
    string Family, int ImageSize, int EmbedDim, long Parameters, long ImageParameters, long TextParameters, double ImageOperations,
    double TextOperations)
{
    /// <summary>Describes a model by the layout that its conversion goes by.</summary>
    /// <exception cref="ClipException">It does not convert.</exception>
    public static ZooSummary Of(ZooEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Json);
        if (ZooConfig.Asks(document.RootElement))
        {
            var model = ZooConfig.Read(document.RootElement, weights: null, entry.Name);
            var zooLayout = model.Layout();
            var (image, text) = model.Cost();
            return new ZooSummary(
                model.Family, model.Image?.ImageSize ?? 0, model.EmbedDim, Count(zooLayout, p => true),
                Count(zooLayout, p => p.Place.Tower == Tower.Image), Count(zooLayout, p => p.Place.Tower == Tower.Text), image, text);
        }

        var config = ClipConfigJson.Parse(entry.Json, entry.Name);
        var layout = ParameterLayout.Of(config);
        var cost = ModelCost.Of(config);
        return new ZooSummary(
            config.IsSiglip ? "SigLIP" : config.Vision is ResNetConfig ? "CLIP's ResNet" : "ViT", config.Vision.ImageSize, config.EmbedDim,
            layout.ParameterCount(), layout.ParameterCount(Tower.Image), layout.ParameterCount(Tower.Text), cost.Image, cost.Text);
    }

    private static long Count(IEnumerable<LayoutParameter> layout, Func<LayoutParameter, bool> choose) =>
        layout.Where(p => !p.IsStatistic && choose(p)).Sum(p => p.Count);
}
