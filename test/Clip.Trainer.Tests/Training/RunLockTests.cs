using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

public sealed class RunLockTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFolderIsHeldByOneRunAndLeftAsItWas()
    {
        using (RunLock.Take(_folder["model.run"]))
        {
            var error = Assert.Throws<ClipException>(() => RunLock.Take(_folder["model.run"]));
            Assert.Contains("Another run is writing to", error.Message, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_folder["model.run"]));
        using (RunLock.Take(_folder["model.run"])) File.WriteAllText(_folder["model.run/run.json"], "{}");
        Assert.Equal([_folder["model.run/run.json"]], Directory.GetFiles(_folder["model.run"]));
    }
}
