namespace Clip.Data.Sources;

/// <summary>A member of a shard's record: where it lies, and what follows the first dot of its name.</summary>
/// <param name="Name">Its name in the archive.</param>
/// <param name="Ending">What follows the first dot, in small letters.</param>
/// <param name="Offset">Where its bytes begin.</param>
/// <param name="Length">How many they are.</param>
internal readonly record struct ShardMember(string Name, string Ending, long Offset, long Length)
{
    /// <summary>What follows the last dot.</summary>
    public string LastEnding => Ending[(Ending.LastIndexOf('.') + 1)..];
}

/// <summary>What a caption in a shard is in: a text, JSON, or a class's number or name.</summary>
internal enum CaptionKind
{
    Text, Json, Class,
}

/// <summary>Tells which members of a shard's record are its image and its caption.</summary>
/// <param name="images">Endings given for images; null for the usual ones.</param>
/// <param name="captions">Endings given for captions; null for <c>txt</c>, <c>json</c> and <c>cls</c>.</param>
/// <param name="jsonFirst">Whether .json counts before .txt.</param>
internal sealed class ShardMembers(IReadOnlyList<string>? images, IReadOnlyList<string>? captions, bool jsonFirst)
{
    private const string Remedy = "name others with `ImageEndings` and `CaptionEndings`";
    private readonly string[] _images = Plain(images ?? PictureFiles.Endings);
    private readonly string[] _captions = Plain(captions ?? (jsonFirst ? ["json", "txt", "cls"] : ["txt", "json", "cls"]));

    /// <summary>The image of a record, and the caption; each null with the reason where there is none, or none that is known.</summary>
    /// <param name="members">The record's members.</param>
    /// <param name="isImage">Tells by a member's first bytes.</param>
    /// <param name="isBlank">Whether a member has nothing but blanks.</param>
    public Choice Choose(IReadOnlyList<ShardMember> members, Func<ShardMember, bool> isImage, Func<ShardMember, bool> isBlank)
    {
        var (image, several) = Pick(members, _images);
        if (image is null && several is null)
        {
            // By what it is rather than by its name; what has a caption's ending is none.
            var others = members.Where(m => Pick([m], _captions).One is null && isImage(m)).ToArray();
            if (others is [var one]) image = one;
            else if (others.Length > 1) several = others;
        }

        if (several is not null) return new(null, null, default, $"it has several images ({Names(several)}); {Remedy}");
        if (image is null) return new(null, Caption().One, default, $"it has no image (among {Names(members)}); {Remedy}");
        var (caption, captions) = Caption();
        if (captions is not null) return new(image, null, default, $"it has several captions ({Names(captions)}); {Remedy}");
        if (caption is { } found) return new(image, found, Kind(found), null);
        return new(image, null, default, $"it has no caption (among {Names(members)}); {Remedy}");

        (ShardMember? One, ShardMember[]? Several) Caption()
        {
            // An empty .txt beside a .json, as img2dataset leaves it, is no caption.
            if (members.Count(m => _captions.Contains(m.LastEnding)) > 1
                && Pick([.. members.Where(m => !_captions.Contains(m.LastEnding) || !isBlank(m))], _captions) is { One: not null } spoken)
                return spoken;
            return Pick(members, _captions);
        }
    }

    private static CaptionKind Kind(ShardMember member) => member.LastEnding switch
    {
        "json" => CaptionKind.Json,
        "cls" => CaptionKind.Class,
        _ => CaptionKind.Text,
    };

    /// <summary>
    /// The member whose whole ending is the first of the list that any has; failing that, the only one whose last ending is in the list.
    /// </summary>
    private static (ShardMember? One, ShardMember[]? Several) Pick(IReadOnlyList<ShardMember> members, string[] endings)
    {
        foreach (var ending in endings)
        {
            var exact = members.Where(m => m.Ending == ending).ToArray();
            if (exact.Length == 1) return (exact[0], null);
            if (exact.Length > 1) return (null, exact);
        }

        foreach (var ending in endings)
        {
            var last = members.Where(m => m.LastEnding == ending).ToArray();
            if (last.Length == 1) return (last[0], null);
            if (last.Length > 1) return (null, last);
        }

        return (null, null);
    }

    private static string Names(IEnumerable<ShardMember> members)
    {
        var names = members.Select(m => m.Ending.Length > 0 ? $".{m.Ending}" : "one without an ending").Distinct().ToArray();
        return string.Join(", ", names.Take(6)) + (names.Length > 6 ? $" and {names.Length - 6} more" : "");
    }

    private static string[] Plain(IEnumerable<string> endings) => [.. endings.Select(e => e.TrimStart('.').ToLowerInvariant())];

    /// <param name="Image">The image.</param>
    /// <param name="Caption">The caption.</param>
    /// <param name="Kind">What the caption is in.</param>
    /// <param name="Fault">Why it is no record; null where it is one.</param>
    public readonly record struct Choice(ShardMember? Image, ShardMember? Caption, CaptionKind Kind, string? Fault);
}
