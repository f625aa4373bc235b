namespace Microsoft.ML.Clip;

/// <summary>Why a model could not be had from the hub.</summary>
public enum ClipHubError
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>There is no such repository, or it is private and no token gives access.</summary>
    RepositoryNotFound,

    /// <summary>The repository has no such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>The repository has no such file, or none of the files that a model needs.</summary>
    FileNotFound,

    /// <summary>The repository's conditions are to be accepted first, or the token is refused.</summary>
    AccessDenied,

    /// <summary>Too many requests.</summary>
    RateLimited,

    /// <summary>There is no connection, it breaks or stalls again and again, or the server has a fault.</summary>
    Unreachable,

    /// <summary>Nothing may be downloaded, and what is needed is not cached.</summary>
    Offline,

    /// <summary>What arrived is not what was promised, twice.</summary>
    Corrupt,

    /// <summary>The disk is full, or the cache cannot be written.</summary>
    Disk,

    /// <summary>An address, a file name or a redirect that is not safe to follow.</summary>
    Unsafe,

    /// <summary>The model has weights only, which <c>clip pull</c> converts and this library does not.</summary>
    NeedsConversion,
}

/// <summary>A model could not be had from the hub. The message is one sentence that names the remedy.</summary>
public sealed class ClipHubException : IOException
{
    /// <summary>Creates the exception without a message.</summary>
    public ClipHubException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    public ClipHubException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">What led to it.</param>
    public ClipHubException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal ClipHubException(ClipHubError error, string message, Exception? innerException = null)
        : base(Printable(message), innerException) => Error = error;

    /// <summary>The kind of fault.</summary>
    public ClipHubError Error { get; }

    /// <summary>Names and texts of a server's may hold line breaks, a terminal's commands, or a megabyte.</summary>
    private static string Printable(string message)
    {
        const int longest = 1000;
        if (message.Length > longest) message = $"{message[..longest]}…";
        return message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : message;
    }
}
