namespace Clip.Conversion;

/// <summary>
/// A mistake of the user's or a fault of their files, told in one sentence that names the offending thing and the remedy. The
/// command line prints the message alone and exits with 1.
/// </summary>
public sealed class ClipException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public ClipException()
    {
    }

    /// <summary>Creates the exception with the sentence to show.</summary>
    public ClipException(string message)
        : base(Printable(message))
    {
    }

    /// <summary>Creates the exception with the sentence to show and what led to it.</summary>
    public ClipException(string message, Exception? innerException)
        : base(Printable(message), innerException)
    {
    }

    /// <summary>Names in a damaged or hostile file may hold line breaks, a terminal's commands, or a megabyte.</summary>
    private static string Printable(string message)
    {
        const int longest = 1000;
        if (message.Length > longest) message = $"{message[..longest]}…";
        return message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : message;
    }
}
