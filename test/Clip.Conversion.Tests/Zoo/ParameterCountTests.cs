using System.Globalization;
using Clip.Conversion.Zoo;
using Xunit.Abstractions;

namespace Clip.Conversion.Tests.Zoo;

/// <summary>The zoo's layouts against what open_clip publishes of its models (mlfoundations/open_clip, docs/model_profile.csv).</summary>
public sealed class ParameterCountTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, double[]> Published = Profile();

    public static TheoryData<string> Models => [.. ZooCatalog.All.Select(entry => entry.Name)];

    [Fact]
    public void The_list_has_all_models_with_published_weights()
    {
        Assert.Equal(146, ZooCatalog.All.Count);
        Assert.Equal(146, ZooCatalog.All.Select(entry => entry.Name).Distinct().Count());
        Assert.All(Published.Keys, name => Assert.NotNull(ZooCatalog.Find(name)));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_has_as_many_parameters_as_published(string name)
    {
        var model = ZooSummary.Of(ZooCatalog.Find(name)!);

        output.WriteLine(
            $"{name}: {model.Parameters / 1e6:F2} = {model.ImageParameters / 1e6:F2} + {model.TextParameters / 1e6:F2} M, "
            + $"{model.ImageOperations / 1e9:F2} + {model.TextOperations / 1e9:F2} GFLOPs, {model.ImageSize}, "
            + $"{model.EmbedDim}, {model.Family}");
        Assert.InRange(model.Parameters, model.ImageParameters + model.TextParameters, long.MaxValue);
        Assert.InRange(model.ImageParameters, 1_000_000, 5_000_000_000);
        if (!Published.TryGetValue(name, out var published)) return;
        Near(published[0], model.Parameters / 1e6);
        Near(published[1], model.ImageParameters / 1e6);
        Near(published[2], model.TextParameters / 1e6);
    }

    /// <summary>Within 0.1 %, or what two decimals leave open.</summary>
    private static void Near(double published, double actual) =>
        Assert.InRange(actual, published * 0.999 - 0.005, published * 1.001 + 0.005);

    private static Dictionary<string, double[]> Profile()
    {
        using var stream = typeof(ParameterCountTests).Assembly.GetManifestResourceStream("Clip.Conversion.Tests.Zoo.model_profile.tsv")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToDictionary(
            cells => cells[0], cells => cells.Skip(1).Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray());
    }
}
