using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Trainer.Tests.Training;

public sealed class CollectedScalarsTests
{
    /// <summary>A scalar freed while native code still reads it shows as a crash or as another number; see <c>Held</c>.</summary>
    [Fact]
    public void CollectionsDuringStepsChangeNothing()
    {
        var undisturbed = Train();
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            for (var run = 0; run < 3; run++) Assert.Equal(undisturbed, Train());
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }

    /// <summary>A thousand steps with a gradient of ones.</summary>
    private static float[] Train()
    {
        using var parameter = new TorchSharp.Modules.Parameter(torch.linspace(-1, 1, 32, torch.float32).reshape(4, 8));
        using var optimizer = new AdamW([("weight", parameter)], new AdamWOptions());
        for (var step = 0; step < 1000; step++)
        {
            using var scope = torch.NewDisposeScope();
            optimizer.ZeroGrad();
            parameter.sum().backward();
            optimizer.Step(1e-3);
        }

        return parameter.data<float>().ToArray();
    }
}
