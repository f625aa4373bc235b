using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Tests.Persistence;

public sealed class TemporaryFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("temporary-folder-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void LeftoversOfACrashAreSwept_FoldersInUseAreNot()
    {
        var left = Directory.CreateDirectory(Path.Combine(_root, "Microsoft.ML.Clip-left")).FullName;
        File.WriteAllText(Path.Combine(left, ".lock"), "");
        File.WriteAllText(Path.Combine(left, "image.onnx"), "");
        var used = Directory.CreateDirectory(Path.Combine(_root, "Microsoft.ML.Clip-used")).FullName;
        using var held = new FileStream(Path.Combine(used, ".lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

        using var folder = TemporaryFolder.Create(_root);
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(used));
        Assert.True(Directory.Exists(folder.Path));
    }
}
