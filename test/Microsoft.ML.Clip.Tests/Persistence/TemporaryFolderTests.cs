using System.Runtime.CompilerServices;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Tests.Persistence;

public sealed class TemporaryFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("temporary-folder-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void LeftoversOfACrashAreSwept_FoldersInUseAreNot()
    {
        var left = Leave("Microsoft.ML.Clip-left");
        var foreign = Leave("another-program-left");
        var unlocked = Directory.CreateDirectory(Path.Combine(_root, "Microsoft.ML.Clip-just-being-made")).FullName;
        var used = Directory.CreateDirectory(Path.Combine(_root, "Microsoft.ML.Clip-used")).FullName;
        using var held = new FileStream(Path.Combine(used, ".lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

        using var folder = TemporaryFolder.Create(_root);
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(foreign));
        Assert.True(Directory.Exists(unlocked));
        Assert.True(Directory.Exists(used));
        Assert.True(Directory.Exists(folder.Path));
        using var another = TemporaryFolder.Create(_root);
        Assert.True(Directory.Exists(folder.Path));
        Assert.NotEqual(folder.Path, another.Path);
    }

    [SkippableFact]
    public void NobodyElseMayLookInside()
    {
        using var folder = TemporaryFolder.Create(_root);
        Skip.If(OperatingSystem.IsWindows(), "On Windows the folder of temporary files is the user's own already.");
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
    }

    [Fact]
    public void OneThatIsForgottenGoesWhenItIsCollected()
    {
        Forget();
        for (var i = 0; i < 10 && Directory.EnumerateDirectories(_root).Any(); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Empty(Directory.EnumerateDirectories(_root));

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Forget() => Assert.True(Directory.Exists(TemporaryFolder.Create(_root).Path));
    }

    [Fact]
    public void OneOfALivingProcessStays_AndItTakesItAlongWhenItEnds()
    {
        using var other = new SecondProcess(_root);
        using (var own = TemporaryFolder.Create(_root))
        {
            Assert.True(Directory.Exists(other.Folder));
            using var third = new SecondProcess(_root);
            Assert.True(Directory.Exists(own.Path));
            Assert.True(Directory.Exists(other.Folder));
            third.EndByItself();
            Assert.False(Directory.Exists(third.Folder));
            Assert.True(Directory.Exists(own.Path));
        }

        other.EndByItself();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
    }

    [Fact]
    public void OneOfAKilledProcessIsSweptByTheNext()
    {
        using var other = new SecondProcess(_root);
        other.Kill();
        Assert.True(Directory.Exists(other.Folder));
        TemporaryFolder.Create(_root).Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
    }

    private string Leave(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        File.WriteAllText(Path.Combine(folder, ".lock"), "");
        File.WriteAllText(Path.Combine(folder, "image.onnx"), "");
        return folder;
    }
}
