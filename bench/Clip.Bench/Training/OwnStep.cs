using System.Diagnostics;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Bench;

/// <summary>The trainer's step, time and again on the same batch.</summary>
internal sealed class OwnStep : IDisposable
{
    private readonly StepData _data;
    private readonly ClipModel _model;
    private readonly TrainingStep _step;

    public OwnStep(StepData data, TrainingOptions options)
    {
        _data = data;
        _model = data.Model();
        _step = new TrainingStep(new ClipObjective(_model), options with { Optimizer = data.Optimizer });
    }

    /// <summary>Takes a step.</summary>
    public (TimeSpan Time, double Loss) Step()
    {
        var watch = Stopwatch.StartNew();
        var loss = _step.Take(_data.Pixels, _data.Ids, _data.LearningRate).Loss;
        return (watch.Elapsed, loss);
    }

    public void Dispose()
    {
        _step.Dispose();
        _model.Dispose();
    }
}
