using System.Buffers.Binary;
using System.Numerics;
using Clip.Trainer.Training;
using Google.Protobuf;
using Tensorboard;

namespace Clip.Trainer.Reporting;

/// <summary>
/// Event files for TensorBoard, in <c>tensorboard/</c>. TorchSharp's own SummaryWriter stamps events with a float, which cannot tell
/// two minutes apart, and opens its file for each value; so its messages are written here, framed as TFRecord wants them: length, its
/// masked CRC-32C, bytes, their masked CRC-32C.
/// </summary>
/// <param name="time">Stamps the events.</param>
internal sealed class TensorBoardLog(TimeProvider time) : IRunListener
{
    public const string FolderName = "tensorboard";

    private FileStream? _file;

    public void Start(RunStart start)
    {
        var folder = Path.Combine(start.Folder, FolderName);
        if (start.StepsDone == 0 && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var name = FormattableString.Invariant(
            $"events.out.tfevents.{seconds}.{Environment.MachineName}.{Environment.ProcessId}.{start.StepsDone}");
        _file = new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.Write, FileShare.Read);
        Write(new Event { FileVersion = "brain.Event:2" });
        // TensorBoard then drops what an earlier file has of these steps.
        if (start.StepsDone > 0)
            Write(new Event { Step = start.StepsDone + 1, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
        _file.Flush();
    }

    public void Step(StepReport step) => Write("train/", step.Step, step.Values);

    public void Validation(ValidationReport validation) => Write("val/", validation.Step, validation.Metrics.Values);

    public void End(RunEnd end) => Dispose();

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Write(string prefix, long step, IEnumerable<(string Name, double Value)> values)
    {
        var summary = new Summary();
        summary.Value.AddRange(values.Select(v => new Summary.Types.Value { Tag = prefix + v.Name, SimpleValue = (float)v.Value }));
        Write(new Event { Step = step, Summary = summary });
        _file!.Flush();
    }

    private void Write(Event e)
    {
        e.WallTime = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        var message = e.ToByteArray();
        var record = new byte[8 + 4 + message.Length + 4];
        BinaryPrimitives.WriteInt64LittleEndian(record, message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        message.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + message.Length), MaskedCrc(message));
        _file!.Write(record);
    }

    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8u;
    }
}
