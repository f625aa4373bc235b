using System.Globalization;
using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Evaluation.DataSets;

/// <summary>
/// YouTube-BoundingBoxes: the csv of classifications or of detections (columns without a header: the video, the time in milliseconds, the
/// class's number and name, for detections the object's number, then whether it is present), and frames that one has cut of the videos:
/// <c>frames/VIDEO/TIME.jpg</c> or <c>frames/VIDEO_TIME.jpg</c>. Only frames where the object is present count. Videos vanish from YouTube,
/// so frames that are absent are told of, and are no error.
/// </summary>
internal static class YouTubeFrames
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var part = split == "train" ? "train" : "validation";
        string[] names =
        [
            $"youtube_boundingboxes_classification_{part}.csv", $"yt_bb_classification_{part}.csv",
            $"youtube_boundingboxes_detection_{part}.csv", $"yt_bb_detection_{part}.csv",
        ];
        var list = folder.File(names);
        var frames = Frames(folder.FindFolder("frames", part) ?? folder.Roots[0]);
        var images = new List<LabeledImage>();
        var classes = new SortedDictionary<int, string>();
        var seen = new HashSet<(string, string, string)>();
        var absent = 0;
        var first = "";
        foreach (var line in TextFile.ReadLines(list).Where(line => line.Length > 0))
        {
            var (video, time, number, name, present) = Row(list, line);
            if (name == "none") continue; // a segment without an object has no right answer among the objects
            if (classes.TryAdd(number, ListedPictures.Blanks(name)) is false && classes[number] != ListedPictures.Blanks(name))
                throw DataSetFolder.BadLine(list, line, $"class {number} as before, '{classes[number]}'");
            if (!present || !seen.Add((video, time, name))) continue; // of several objects of a class the frame is one picture
            if (!frames.TryGetValue($"{video}/{time}", out var file) && !frames.TryGetValue($"{video}_{time}", out file))
            {
                if (absent++ == 0) first = $"{video} at {time} ms";
                continue;
            }

            images.Add(new LabeledImage { ImagePath = file, Class = classes[number], Group = video });
        }

        if (absent > 0 && images.Count > 0)
            folder.Tell(FormattableString.Invariant(
                $"{absent:N0} of its {absent + images.Count:N0} frames are not there, the first {first}"));
        var ambiguous = images.GroupBy(image => image.ImagePath).Where(group => group.Count() > 1).SelectMany(group => group).ToHashSet();
        if (ambiguous.Count > 0)
        {
            folder.Tell(FormattableString.Invariant($"{ambiguous.Count:N0} rows are left out, for their frames show several classes"));
            images.RemoveAll(ambiguous.Contains);
        }

        return new LoadedDataSet { Images = images, Labels = [.. classes.Values] };
    }

    /// <summary>The pictures in a folder and deeper, by their path in it without the ending.</summary>
    private static Dictionary<string, string> Frames(string folder)
    {
        var frames = new Dictionary<string, string>();
        foreach (var file in PictureFiles.Folders(folder).SelectMany(Directory.EnumerateFiles))
        {
            if (PictureFiles.Endings.Contains(Path.GetExtension(file).TrimStart('.'), StringComparer.OrdinalIgnoreCase))
                frames[Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/')] = file;
        }

        return frames;
    }

    private static (string Video, string Time, int Number, string Name, bool Present) Row(string list, string line)
    {
        string[] cells = line.Split(',');
        var presence = cells.Length >= 10 ? cells[5] : cells.Length == 5 ? cells[4] : "";
        return presence is "present" or "absent" or "uncertain"
            && int.TryParse(cells[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? (cells[0], cells[1], number, cells[3], presence == "present")
            : throw DataSetFolder.BadLine(list, line, "as 'AAB6lO-XiKE,238000,0,person,present'");
    }
}
