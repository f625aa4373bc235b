namespace Clip.Testing;

internal static class Refused
{
    /// <summary>The action fails with a <see cref="ClipException"/> that says, among other things, <paramref name="message"/>.</summary>
    public static void With(string message, Action action) =>
        Assert.Contains(message, Assert.Throws<ClipException>(action).Message, StringComparison.Ordinal);
}
