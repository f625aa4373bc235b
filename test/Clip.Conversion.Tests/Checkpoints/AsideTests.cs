using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class AsideTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_killed_owner_left_goes_with_the_next_write_in_the_folder()
    {
        Left("model", isFolder: true);
        Left("step_8.safetensors", isFolder: false);

        AtomicFile.Write(_folder["other.json"], stream => stream.WriteByte(1));

        Assert.Equal(["other.json"], _folder.Entries);
    }

    [Fact]
    public void What_a_living_owner_has_stays()
    {
        AtomicFile.Write(_folder["slow.json"], stream =>
        {
            AtomicFile.Write(_folder["quick.json"], other => other.WriteByte(2));
            stream.WriteByte(1);
        });

        Assert.Equal(["quick.json", "slow.json"], _folder.Entries.Order(StringComparer.Ordinal));
        Assert.Equal([1], File.ReadAllBytes(_folder["slow.json"]));
    }

    [Fact]
    public void A_folder_that_waited_to_be_replaced_has_its_name_back()
    {
        var stem = Left("model", isFolder: true);
        Directory.CreateDirectory($"{stem}.clip.former");
        File.WriteAllText($"{stem}.clip.former/config.json", "former");

        AtomicFile.Write(_folder["other.json"], stream => stream.WriteByte(1));

        Assert.Equal("former", File.ReadAllText(_folder["model/config.json"]));
        Assert.Equal(["model", "other.json"], _folder.Entries.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Files_of_others_are_not_touched()
    {
        foreach (var name in new[] { "a.tmp", "a.clip.lock", "a.0123456789abcdef0123456789abcdef.clip.tmp" })
            File.WriteAllText(_folder[name], "mine");

        AtomicFile.Write(_folder["other.json"], stream => stream.WriteByte(1));

        Assert.Equal(4, _folder.Entries.Count());
    }

    [Fact]
    public void A_folder_that_fails_leaves_the_former_one_and_nothing_else()
    {
        AtomicFolder.Write(_folder["a/b"], folder => File.WriteAllText(Path.Combine(folder, "x"), "1"));

        Assert.Throws<IOException>(() => AtomicFolder.Write(_folder["a/b"], _ => throw new IOException("The disk is full.")));

        Assert.Equal("1", File.ReadAllText(_folder["a/b/x"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder["a"]));
    }

    /// <summary>What is left of a place whose owner was killed.</summary>
    private string Left(string name, bool isFolder)
    {
        var stem = _folder[$"{name}.{Guid.NewGuid():N}"];
        File.WriteAllText($"{stem}.clip.lock", "");
        if (isFolder) Directory.CreateDirectory($"{stem}.clip.tmp/onnx");
        else File.WriteAllText($"{stem}.clip.tmp", "half");
        return stem;
    }
}
