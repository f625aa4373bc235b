using Clip.Conversion.Architectures;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>Locks and LoRA together, and what they leave to train.</summary>
public sealed class LockedPartsTests
{
    /// <summary>LoRA is for each tower that is not locked; of a locked one the unlocked groups' updates are trained.</summary>
    [Theory]
    [InlineData(false, 0, false, 0, 3, 3)]
    [InlineData(true, 0, false, 0, 0, 3)]
    [InlineData(false, 0, true, 0, 3, 0)]
    [InlineData(true, 2, false, 0, 1, 3)] // the projection, and the last block
    [InlineData(false, 0, true, 3, 3, 2)]
    public void UpdatesOfALockedTowerAreLockedToo(
        bool lockImage, int imageGroups, bool lockText, int textGroups, int imageBlocks, int textBlocks)
    {
        using var model = TrainingStepTests.Model();

        FineTuning.Apply(model, model.Config, new FineTuningOptions
        {
            LoraRank = 2,
            LockImage = lockImage,
            LockImageUnlockedGroups = imageGroups,
            LockText = lockText,
            LockTextUnlockedLayers = textGroups,
        });

        var trained = model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name).ToList();
        Assert.Equal(
            (imageBlocks, textBlocks),
            (trained.Count(IsUpdateOf("visual.")), trained.Count(IsUpdateOf("transformer."))));
        // The towers' own weights stay, whatever is unlocked.
        Assert.All(trained, name => Assert.True(name == "logit_scale" || name.Contains("_lora.lora_", StringComparison.Ordinal), name));

        static Func<string, bool> IsUpdateOf(string tower) => name => name.StartsWith(tower, StringComparison.Ordinal)
            && name.EndsWith("out_proj_lora.lora_A", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bow")]
    [InlineData("virtex")]
    public void ATextTowerThatIsNotThereCannotBeLocked(string kind)
    {
        var objective = ObjectiveTests.Create(kind, tower: 0);
        using var module = objective.Module;

        Refused.With(
            "`FineTuning.LockText` needs a text tower",
            () => FineTuning.Apply(module, objective.Layout, hasTextTower: false, new FineTuningOptions { LockText = true }));
        FineTuning.Apply(module, objective.Layout, hasTextTower: false, new FineTuningOptions { LockImage = true });
        Assert.Contains(module.parameters(), parameter => parameter.requires_grad);
    }

    [Theory]
    [InlineData(true, 5, false)]
    [InlineData(true, 6, true)]
    [InlineData(false, 5, false)]
    [InlineData(false, 6, true)]
    public void AsManyGroupsAreUnlockedAsThereAreAndNoMore(bool image, int groups, bool isRefused)
    {
        using var model = TrainingStepTests.Model();
        var tower = image ? Tower.Image : Tower.Text;
        Assert.Equal(5, model.Layout.LockGroups(tower).Count);
        var options = image
            ? new FineTuningOptions { LockImage = true, LockImageUnlockedGroups = groups }
            : new FineTuningOptions { LockText = true, LockTextUnlockedLayers = groups };

        var error = Record.Exception(() => FineTuning.Apply(model, model.Config, options));

        Assert.Equal(isRefused, error is ClipException);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void ARunWithNothingToTrainIsRefused()
    {
        using var model = TrainingStepTests.Model();
        model.LogitScale.requires_grad = false;

        Refused.With(
            "Nothing is left to train",
            () => FineTuning.Apply(model, model.Config, new FineTuningOptions { LockImage = true, LockText = true }));
    }
}
