using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class PositionResizeTests
{
    /// <summary>Values of PyTorch 1.13: interpolate(…, mode="bicubic", antialias=True, align_corners=False).</summary>
    [Theory]
    [InlineData(5, new[] {
        1.301175f, -0.444241f, -2.45283f, 1.127148f, 3.736204f, 0.793227f, 0.528431f, 0.283582f, 1.173257f, 1.792453f, 0.235849f, 1.951493f,
        4f, 0.910447f, -1.377358f, 1.434878f, 1.714496f, 1.671641f, -1.01242f, -2.790763f, 2.295479f, 1.393692f, -0.301887f, -2.259786f,
        -3.365966f })]
    [InlineData(2, new[] { 0.531198f, 1.163244f, 1.684501f, -1.018171f })]
    [InlineData(3, new[] { 1f, -2f, 3f, 0.5f, 4f, -1f, 2f, 0f, -3f })]
    public void A_grid_is_interpolated_as_open_clip_does(int after, float[] expected)
    {
        float[] grid = [1, -2, 3, 0.5f, 4, -1, 2, 0, -3];
        var resized = new float[after * after];

        PositionResize.Grid(grid, before: 3, after, width: 1, resized);

        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], resized[i], 1e-5f);
    }

    [Fact]
    public void Every_channel_goes_by_itself()
    {
        float[] one = [1, -2, 3, 0.5f, 4, -1, 2, 0, -3];
        var two = one.SelectMany(v => new[] { v, -2 * v }).ToArray();
        float[] alone = new float[16], together = new float[32];

        PositionResize.Grid(one, before: 3, after: 4, width: 1, alone);
        PositionResize.Grid(two, before: 3, after: 4, width: 2, together);

        Assert.Equal(alone.SelectMany(v => new[] { v, -2 * v }), together);
    }
}
