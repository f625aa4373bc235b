using System.Buffers.Binary;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Tensorboard;

namespace Clip.Trainer.Tests.Reporting;

public sealed class TensorBoardLogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EventsHaveTagsStepsAndTimesToTheMillisecond()
    {
        using (var log = new TensorBoardLog(_time))
        {
            Runs.Tell(log, _folder.Path, from: 1, to: 3);
            _time.Pass(0.25);
            log.Step(Runs.Step(4));
        }

        var events = Events();
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal([1, 2, 3, 4], events.Skip(1).Select(e => e.Step));
        Assert.Equal(
            ["train/loss", "train/lr", "train/logit_scale", "train/samples_per_second", "train/data_wait"],
            events[1].Summary.Value.Select(v => v.Tag));
        Assert.Equal(0.25, events[4].WallTime - events[3].WallTime, 3);
    }

    [Fact]
    public void AResumedRunTellsTensorBoardWhatToForget()
    {
        using (var killed = new TensorBoardLog(_time)) Runs.Tell(killed, _folder.Path, from: 1, to: 7);
        using (var resumed = new TensorBoardLog(_time)) Runs.Tell(resumed, _folder.Path, from: 6, to: 10);

        var start = Assert.Single(Events(), e => e.SessionLog is not null);
        Assert.Equal((6, SessionLog.Types.SessionStatus.Start), (start.Step, start.SessionLog.Status));
    }

    [Fact]
    public void EverySeriesHasItsTagAndItsValue()
    {
        using (var log = new TensorBoardLog(_time))
        {
            log.Start(new RunStart(_folder.Path, TotalSteps: 10, StepsDone: 0));
            log.Step(Runs.Step(3, loss: 1.25));
            log.Validation(Runs.Validation(2, 4));
        }

        var values = Events().Skip(1).SelectMany(e => e.Summary.Value.Select(v => (e.Step, v.Tag, v.SimpleValue)));
        Assert.Equal(
            [
                (3, "train/loss", 1.25f), (3, "train/lr", 1e-3f), (3, "train/logit_scale", 14.3f), (3, "train/samples_per_second", 64f),
                (3, "train/data_wait", 0.1f),
                (4, "val/clip_val_loss", 1.5f), (4, "val/image_to_text_R@1", 0.25f), (4, "val/image_to_text_R@5", 0.5f),
                (4, "val/image_to_text_R@10", 1f), (4, "val/text_to_image_R@1", 0.125f), (4, "val/text_to_image_R@5", 0.5f),
                (4, "val/text_to_image_R@10", 0.75f), (4, "val/pets-zeroshot-val-top1", 0.4f), (4, "val/pets-zeroshot-val-top5", 0.9f),
            ],
            values);
    }

    [Fact]
    public void ARunThatStartsAnewKeepsNothingOfTheOneBefore()
    {
        using (var before = new TensorBoardLog(_time)) Runs.Tell(before, _folder.Path, from: 1, to: 7);
        _time.Pass(5);
        using (var anew = new TensorBoardLog(_time)) Runs.Tell(anew, _folder.Path, from: 1, to: 2);

        Assert.Equal([0, 1, 2], Events().Select(e => e.Step));
    }

    /// <summary>The events of all files in the order of their names; every checksum is checked.</summary>
    private List<Event> Events()
    {
        var events = new List<Event>();
        foreach (var file in Directory.GetFiles(_folder["tensorboard"]).Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(file);
            for (var at = 0; at < bytes.Length;)
            {
                var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
                Assert.Equal(Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
                var message = bytes.AsSpan(at + 12, length);
                Assert.Equal(Masked(message), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
                events.Add(Event.Parser.ParseFrom(message.ToArray()));
                at += 12 + length + 4;
            }
        }

        return events;
    }

    /// <summary>CRC-32C bit by bit, reflected polynomial 0x82F63B78, and TFRecord's mask.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
