using Clip.Trainer.Reporting;

namespace Clip.Trainer.Tests.Reporting;

public sealed class MetricsLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ThereIsALineForEachStepAndEachValidation()
    {
        using (var log = new MetricsLog(new ManualTime())) Runs.Tell(log, _folder.Path, from: 1, to: 4);

        var lines = File.ReadAllLines(_folder["metrics.jsonl"]);
        Assert.Equal(5, lines.Length);
        Assert.Equal(
            """{"step":1,"time":"2026-05-01T12:00:00.000Z","loss":2,"lr":0.001"""
            + ""","logit_scale":14.3,"samples_per_second":64,"data_wait":0.1}""",
            lines[0]);
        Assert.StartsWith(
            """{"step":4,"time":"2026-05-01T12:00:00.000Z","epoch":1,"clip_val_loss":1.5,"image_to_text_R@1":0.25,""",
            lines[4], StringComparison.Ordinal);
        Assert.EndsWith(""","pets-zeroshot-val-top1":0.4,"pets-zeroshot-val-top5":0.9}""", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void AResumedRunGoesOnWhereItsCheckpointWas()
    {
        using (var killed = new MetricsLog(new ManualTime())) Runs.Tell(killed, _folder.Path, from: 1, to: 7);
        File.AppendAllText(_folder["metrics.jsonl"], "{\"step\":8,\"lo");

        using (var resumed = new MetricsLog(new ManualTime())) Runs.Tell(resumed, _folder.Path, from: 6, to: 10);

        var series = MetricsLog.Read(_folder["metrics.jsonl"]);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), series["loss"].Select(p => p.Step));
        Assert.Equal([(4L, 1.5)], series["clip_val_loss"]);
    }

    [Fact]
    public void AnObjectiveWithoutATemperatureLeavesItOut()
    {
        Assert.DoesNotContain(Runs.Step(1, logitScale: double.NaN).Values, v => v.Name == "logit_scale");
    }
}
