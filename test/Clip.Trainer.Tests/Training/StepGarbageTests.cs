namespace Clip.Trainer.Tests.Training;

/// <summary>What a step leaves to the garbage collector. Alone, for what is handed out is counted for the whole process.</summary>
[CollectionDefinition(nameof(StepGarbageTests), DisableParallelization = true)]
[Collection(nameof(StepGarbageTests))]
public sealed class StepGarbageTests : IDisposable
{
    private const int Steps = 60, BatchSize = 12, ImageSize = 64;

    private readonly TinyRun _run = new()
    {
        Options = new() { BatchSize = BatchSize, MaxSteps = Steps, LearningRate = 1e-3, Warmup = 2, Seed = 5 },
    };

    public StepGarbageTests() => _run.Folder.Write(
        "model.json", TinyRun.Config.Replace("\"image_size\": 16", $"\"image_size\": {ImageSize}", StringComparison.Ordinal));

    public void Dispose() => _run.Dispose();

    /// <summary>Pixels, 48 KiB a picture here, are written into the same buffers again and again.</summary>
    [Fact]
    public async Task APictureTakesAFewKilobytesOfManagedMemory()
    {
        var allocated = new long[Steps + 1];
        using var trainer = _run.Trainer(
            out var model, checkpoints: null, onStep: step => allocated[step.Step] = GC.GetTotalAllocatedBytes(precise: true));
        using var unused = model;

        Assert.True(await trainer.RunAsync(CancellationToken.None));

        var aPicture = (allocated[Steps] - allocated[Steps / 2]) / (double)(Steps / 2 * BatchSize);
        Assert.InRange(aPicture, 1, 3 * ImageSize * ImageSize * sizeof(float) / 4.0);
    }
}
