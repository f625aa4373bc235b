namespace Microsoft.ML.Clip.Hub.Tests.Server;

/// <summary>What the test server does wrong with one request.</summary>
internal sealed record ServerFault
{
    /// <summary>Answers so instead.</summary>
    public int? Status { get; init; }

    /// <summary>Headers of the answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Ends the connection after so many bytes of the body.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Ends it with a reset, which may overtake what was sent.</summary>
    public bool Resets { get; init; }

    /// <summary>Changes a byte of the body.</summary>
    public int? CorruptAt { get; init; }

    /// <summary>Sends nothing for a while, after <see cref="CutAfter"/> bytes.</summary>
    public TimeSpan? Stall { get; init; }

    /// <summary>Sends the whole file where a part was asked for.</summary>
    public bool IgnoresRange { get; init; }

    /// <summary>Sends a JSON or a file of another's choice.</summary>
    public byte[]? Body { get; init; }
}
