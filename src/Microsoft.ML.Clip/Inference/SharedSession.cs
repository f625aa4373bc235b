using Microsoft.ML.Clip.Files;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// One session for all of this process that open the same content with the same settings; the last to let go closes it. One that nobody
/// holds any more, and nobody let go of, is closed by the garbage collector, as an ONNX Runtime session by itself is.
/// </summary>
internal sealed class SharedSession
{
    private static readonly Lock Gate = new();

    /// <summary>Weakly, so that what is forgotten undisposed can be collected.</summary>
    private static readonly List<WeakReference<SharedSession>> Living = [];

    private readonly ClipSessionOptions _options;
    private readonly Lazy<(InferenceSession Session, string? Fallback)> _opened;

    /// <summary>Where its content lies or lay: one place for each that has opened it.</summary>
    private readonly List<IReadOnlyList<FileStamp>> _places = [];
    private int _holders;

    private SharedSession(OnnxFile file, ClipSessionOptions options)
    {
        _options = options;
        var path = file.Path;
        // What was unpacked goes with its holder, and so would what lies beside it.
        var settings = file.Owner is null ? options : options with { CacheOptimizedGraph = false };
        _opened = new(() => SessionStart.Open(path, settings));
    }

    public InferenceSession Session => _opened.Value.Session;

    /// <summary>Why the CPU computes where a GPU was asked for; <see langword="null"/> where it does not.</summary>
    public string? Fallback => _opened.Value.Fallback;

    /// <summary>The session of a file that has been checked: an open one of the same content, or a new one.</summary>
    /// <returns>What <see cref="Release"/> is called on, once.</returns>
    public static SharedSession Hold(OnnxFile file, ClipSessionOptions options)
    {
        var held = HoldKnown(file.Content, options) ?? HoldSame(file.Content, options) ?? HoldNew(file, options);
        try
        {
            // Whoever comes meanwhile waits here, and gets this session, or the same error.
            _ = held.Session;
            return held;
        }
        catch
        {
            held.Forget();
            throw;
        }
    }

    public void Release()
    {
        if (LetGo()) Session.Dispose();
    }

    /// <summary>One that was opened from these very files. What profiles writes a file of its own, and so is shared by nobody.</summary>
    private static SharedSession? HoldKnown(IReadOnlyList<FileStamp> content, ClipSessionOptions options)
    {
        lock (Gate)
        {
            return Candidates(options).FirstOrDefault(s => s._places.Any(place => place.SequenceEqual(content))) is { } found
                ? found.Held(content) : null;
        }
    }

    /// <summary>One that was opened from files of the same bytes elsewhere, which are only read where the lengths are equal.</summary>
    private static SharedSession? HoldSame(IReadOnlyList<FileStamp> content, ClipSessionOptions options)
    {
        List<(SharedSession Session, IReadOnlyList<FileStamp>[] Places)> candidates;
        lock (Gate) candidates = [.. Candidates(options).Select(s => (s, s._places.ToArray()))];
        foreach (var (session, places) in candidates)
        {
            if (!places.Any(place => IsSame(place, content))) continue;
            lock (Gate)
            {
                if (session._holders > 0) return session.Held(content);
            }
        }

        return null;
    }

    private static SharedSession HoldNew(OnnxFile file, ClipSessionOptions options)
    {
        lock (Gate)
        {
            // Another may have been quicker.
            if (Candidates(options).FirstOrDefault(s => s._places.Any(place => place.SequenceEqual(file.Content))) is { } found)
                return found.Held(file.Content);
            var made = new SharedSession(file, options);
            Living.Add(new(made));
            return made.Held(file.Content);
        }
    }

    private static SharedSession[] Candidates(ClipSessionOptions options)
    {
        Living.RemoveAll(weak => !weak.TryGetTarget(out _));
        if (options.ProfilePrefix is not null) return [];
        return [.. Living.Select(weak => weak.TryGetTarget(out var session) ? session : null).OfType<SharedSession>()
            .Where(session => session._options == options)];
    }

    private static bool IsSame(IReadOnlyList<FileStamp> place, IReadOnlyList<FileStamp> content)
    {
        try
        {
            return place.Count == content.Count && place.Zip(content).All(pair => pair.First.HasBytesOf(pair.Second));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false; // Gone meanwhile: a session of its own will tell what is the matter.
        }
    }

    private SharedSession Held(IReadOnlyList<FileStamp> content)
    {
        _holders++;
        if (!_places.Any(place => place.SequenceEqual(content))) _places.Add(content);
        return this;
    }

    /// <summary>Whether that was the last.</summary>
    private bool LetGo()
    {
        lock (Gate)
        {
            if (--_holders > 0) return false;
            Living.RemoveAll(weak => !weak.TryGetTarget(out var session) || session == this);
            return true;
        }
    }

    /// <summary>Of one that could not be opened: the next starts anew.</summary>
    private void Forget()
    {
        lock (Gate)
        {
            _holders = 0;
            Living.RemoveAll(weak => !weak.TryGetTarget(out var session) || session == this);
        }
    }
}
