using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Validation;

/// <summary>A model folder opened in torch, for objectives whose scores its ONNX files do not give.</summary>
public sealed class ObjectiveFolderTests : IDisposable
{
    private static readonly string[] Labels = ["red", "green", "blue"];

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(ObjectiveKind.Bow, true)]
    [InlineData(ObjectiveKind.VirTex, true)]
    [InlineData(ObjectiveKind.ConVirt, false)]
    [InlineData(ObjectiveKind.Clip, false)]
    public void AFolderIsOpenedForUseWithItsOwnObjective(ObjectiveKind kind, bool needsTorch)
    {
        using var written = Write(kind, "model");

        var objective = ObjectiveFolder.Open(_run.Folder["model"], out var config, "cpu");

        using var module = objective.Module;
        Assert.Equal(needsTorch, ObjectiveFolder.NeedsTorch(_run.Folder["model"]));
        Assert.Equal(kind, ObjectiveKinds.Of(config));
        Assert.False(module.training);
        var (expected, actual) = (TorchWeights.Of(written), TorchWeights.Of(module));
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, weight => Assert.Equal(weight.Value.Data.ToArray(), actual[weight.Key].Data.ToArray()));
    }

    /// <summary>Results that were kept of a folder are of these weights and sizes, wherever the folder lies.</summary>
    [Fact]
    public void AFingerprintIsOfWeightsAndSizes()
    {
        using (Write(ObjectiveKind.Bow, "one"))
        using (Write(ObjectiveKind.Bow, "other", scale: 1.5f))
        {
        }

        var one = ObjectiveFolder.Fingerprint(_run.Folder["one"]);
        Assert.Matches("^[0-9a-f]{32}$", one);
        Assert.NotEqual(one, ObjectiveFolder.Fingerprint(_run.Folder["other"]));
        Directory.Move(_run.Folder["one"], _run.Folder["moved"]);
        Assert.Equal(one, ObjectiveFolder.Fingerprint(_run.Folder["moved"]));
        var config = _run.Folder["moved/config.json"];
        File.WriteAllText(config, File.ReadAllText(config) + "\n");
        Assert.Equal(one, ObjectiveFolder.Fingerprint(_run.Folder["moved"]));
        Assert.Contains("\"gelu\"", File.ReadAllText(config), StringComparison.Ordinal);
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"gelu\"", "\"quick_gelu\"", StringComparison.Ordinal));
        Assert.NotEqual(one, ObjectiveFolder.Fingerprint(_run.Folder["moved"]));
    }

    /// <summary>A softmax over the labels, each by all templates, a picture a row in the pictures' order.</summary>
    [Fact]
    public void APicturesLabelsHaveChancesByTheObjectivesScores()
    {
        using var model = Write(ObjectiveKind.Bow, "model");
        string[] templates = ["a {} wall", "{}"], paths = [.. Enumerable.Range(0, 4).Select(i => _run.Folder[$"{3 - i}.png"])];

        var chances = ObjectiveFolder.Classify(_run.Folder["model"], Labels, templates, paths);

        var images = paths.Select(path => new LabeledImage { ImagePath = path, Class = "red" }).ToArray();
        var outcome = ObjectiveFolder.ZeroShot(
            _run.Folder["model"], new LabeledSet("walls", images, Labels, templates), maxBadPercent: 0, CancellationToken.None);
        Assert.Equal(4, chances.Count);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(1, chances[i].Sum(), 1e-5);
            Assert.Equal(outcome.Probabilities(outcome.Pictures[i]), chances[i], (a, b) => Math.Abs(a - b) < 1e-5);
        }

        Assert.True(Math.Abs(chances[0][0] - chances[1][0]) > 1e-5); // another picture, other chances
        var usual = ObjectiveFolder.Classify(_run.Folder["model"], Labels, templates: null, paths[..1]).Single();
        var named = ObjectiveFolder.Classify(_run.Folder["model"], Labels, PromptTemplates.Default, paths[..1]).Single();
        Assert.Equal(named, usual);
        Assert.NotEqual(chances[0], usual);
    }

    [Fact]
    public void AsManyPicturesAreLeftOutAsMayBeBad()
    {
        using var model = Write(ObjectiveKind.Bow, "model");
        var images = Enumerable.Range(0, 4).Select(i => new LabeledImage { ImagePath = _run.Folder[$"{i}.png"], Class = "red" }).ToArray();
        File.WriteAllText(images[2].ImagePath, "no picture");
        var set = new LabeledSet("walls", images, Labels, Templates: null);

        var outcome = ObjectiveFolder.ZeroShot(_run.Folder["model"], set, maxBadPercent: 25, CancellationToken.None);

        Assert.Equal([images[2].ImagePath], outcome.Broken.Keys);
        Assert.InRange(Accuracy.Of(outcome).Top1, 0, 1);
        Assert.Throws<ClipException>(
            () => ObjectiveFolder.ZeroShot(_run.Folder["model"], set, maxBadPercent: 24, CancellationToken.None));
    }

    /// <summary>A folder of random weights, larger than usual, so that it tells pictures apart.</summary>
    private nn.Module Write(ObjectiveKind kind, string name, float scale = 3)
    {
        var tokenizer = _run.Tokenizer();
        var config = kind.Config(tokenizer.Config);
        var module = kind.Create(config).Module;
        using (no_grad())
        {
            using var random = new Generator(1);
            foreach (var (parameterName, parameter) in module.named_parameters())
            {
                if (parameterName != "logit_scale") parameter.copy_(randn(parameter.shape, generator: random) * (0.1f * scale));
            }
        }

        ModelFolderWriter.Write(
            new ModelFolderContents(config, TorchWeights.Of(module), ClipImagePreprocessing.ForSize(16), tokenizer.Write),
            _run.Folder[name]);
        return module;
    }
}
