namespace Clip.Bench;

/// <summary>A row of the benchmark's data: a picture's file.</summary>
internal sealed class PictureRow
{
    public string Path { get; set; } = "";
}
