using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>Collects what one pass over the data wants to tell, so that it is told once with a count, not once a row.</summary>
internal sealed class BatchLog(IHost host, string inputColumn)
{
    private int _missing;
    private int _truncated;
    private int _empty;
    private bool _emptyAreMissing;
    private Exception? _firstFailure;

    public void ImageMissing(Exception failure)
    {
        Interlocked.CompareExchange(ref _firstFailure, failure, null);
        Interlocked.Increment(ref _missing);
    }

    public void TextTruncated() => Interlocked.Increment(ref _truncated);

    public void TextEmpty(bool isMissing)
    {
        _emptyAreMissing = isMissing;
        Interlocked.Increment(ref _empty);
    }

    public void CheckAlive() => MlNet.CheckAlive(host);

    /// <summary>Tells and forgets.</summary>
    public void Report()
    {
        var (missing, truncated) = (Interlocked.Exchange(ref _missing, 0), Interlocked.Exchange(ref _truncated, 0));
        var empty = Interlocked.Exchange(ref _empty, 0);
        if (missing == 0 && truncated == 0 && empty == 0) return;
        using var channel = host.Start("Transform");
        if (missing > 0)
        {
            channel.Warning(MessageSensitivity.UserData,
                "{0} image(s) of column '{1}' could not be read and gave missing values; one of them: {2}",
                missing, inputColumn, _firstFailure?.Message ?? "");
        }

        if (empty > 0)
        {
            channel.Warning(MessageSensitivity.None,
                "{0} text(s) of column '{1}' were missing or empty and {2}; see OnEmptyText.",
                empty, inputColumn, _emptyAreMissing ? "gave missing values" : "were embedded as such");
        }

        if (truncated > 0)
        {
            channel.Warning(MessageSensitivity.None,
                "{0} text(s) of column '{1}' were longer than the model's context and were cut.",
                truncated, inputColumn);
        }
    }
}
