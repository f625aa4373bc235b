using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Pipeline;
using Microsoft.ML.Clip.Text.Repair;
using OpenClipConfig = Microsoft.ML.Clip.Text.Repair.OpenClipConfig;

namespace Clip.Conversion.ModelFolders;

/// <summary>A tokenizer of any kind as people have it: a folder, a file of one, or CLIP's vocabulary in one of its own forms.</summary>
/// <param name="Path">Where it is, for messages.</param>
internal sealed record TokenizerSource(string Path)
{
    private const string Main = "tokenizer.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Files that hold a tokenizer by themselves.</summary>
    private static readonly string[] Whole = [Main, "spiece.model", "tokenizer.model"];

    /// <summary>What lies beside one.</summary>
    private static readonly string[] Beside = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// <summary>What other programs read in place of a <c>tokenizer.json</c>; without one they would be taken for CLIP's.</summary>
    private static readonly string[] Others = ["vocab.json", "merges.txt", "vocab.txt", "sentencepiece.bpe.model"];

    /// <summary>All that a model folder may keep of a tokenizer.</summary>
    public static IReadOnlyList<string> FileNames { get; } = [.. Whole, .. Beside, .. Others];

    /// <summary>CLIP's kind of vocabulary; null for any other kind.</summary>
    public BpeVocabulary? Vocabulary { get; private init; }

    /// <summary>The files of any other kind, as they are.</summary>
    public IReadOnlyList<(string Name, byte[] Content)> Files { get; private init; } = [];

    /// <summary>What open_clip's config beside the files says of them, or what is kept of that in them; null for nothing.</summary>
    public NamedTokenizer? Named { get; private init; }

    /// <summary>Whether <see cref="Named"/> stands in a config of open_clip's, and not in the files.</summary>
    public bool IsOfOpenClips { get; private init; }

    /// <summary>How many entries it has, in words.</summary>
    public string Description => Vocabulary is { } clips ? $"{clips.Size} entries"
        : TokenizerFolder.Aside(Path, CopyTo, folder => $"{TextTokenizer.Open(folder).VocabularySize} entries");

    /// <summary>Writes <see cref="Files"/> into a folder.</summary>
    public void CopyTo(string folder)
    {
        foreach (var (name, content) in Files) File.WriteAllBytes(System.IO.Path.Combine(folder, name), content);
    }

    /// <summary>The files with what open_clip's config beside them says, where another config will lie beside them.</summary>
    public TokenizerSource Kept() => IsOfOpenClips ? Keeping(Named!) : this;

    /// <summary>The files with what an open_clip's config says of them, in keys of our own.</summary>
    /// <exception cref="ClipException">The file that is to say it is malformed.</exception>
    public TokenizerSource Keeping(NamedTokenizer named)
    {
        const string file = OpenClipCleaning.OwnFile;
        JsonObject settings;
        try
        {
            var own = Files.FirstOrDefault(f => f.Name == file).Content;
            settings = own is null ? [] : JsonNode.Parse(own)?.AsObject() ?? [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ClipException($"{Path}: {file} is not a JSON object: {e.Message}", e);
        }

        settings[OpenClipCleaning.OwnKey] = named.Cleaning ?? OpenClipCleaning.OpenClipDefault;
        if (named.StripsSeparator) settings[OpenClipCleaning.OwnSeparatorKey] = true;
        return this with { Files = [.. Files.Where(f => f.Name != file), (file, JsonSerializer.SerializeToUtf8Bytes(settings, Indented))] };
    }

    /// <summary>A folder's files, of whatever kind they are.</summary>
    public static TokenizerSource OfFiles(string folder) =>
        Copied(folder, folder, File.Exists(System.IO.Path.Combine(folder, Main)) ? FileNames : [.. Whole, .. Beside]);

    /// <summary>Opens a tokenizer in any of <see cref="TokenizerFiles.Forms"/>.</summary>
    /// <exception cref="ClipException">There is none, or a file is damaged.</exception>
    public static TokenizerSource Open(string path)
    {
        try
        {
            if (Directory.Exists(path)) return OfFolder(path, TokenizerFiles.FolderOf(path));
            if (!File.Exists(path) || !IsWhole(path)) return Clips(path, TokenizerFiles.Load(path));
            var (folder, name) = (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, System.IO.Path.GetFileName(path));
            if (name == Main) return OfFolder(path, folder);
            // What lies beside a file of another name need not belong to it.
            return Whole.Contains(name)
                ? Copied(path, folder, [name, .. Beside])
                : new TokenizerSource(path) { Files = [(Main, WeightFile.Read(path, RegularFile.MaxTokenizer))] }.ByKind();
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException)
        {
            throw new ClipException(e.Message, e);
        }
    }

    private static TokenizerSource OfFolder(string path, string folder)
    {
        var main = System.IO.Path.Combine(folder, Main);
        if (File.Exists(main))
        {
            using var json = JsonFile.Read(main, RegularFile.MaxTokenizer);
            if (TokenizerKinds.Of(json.RootElement, folder) == TokenizerKind.Clip) return Clips(path, BpeVocabulary.Load(folder));
            return OfFiles(folder) with { Path = path };
        }

        var isSentencePiece = Whole.Any(name => File.Exists(System.IO.Path.Combine(folder, name)))
            && !File.Exists(System.IO.Path.Combine(folder, "vocab.json"));
        return isSentencePiece ? OfFiles(folder) with { Path = path } : Clips(path, TokenizerFiles.Load(folder));
    }

    private static TokenizerSource Clips(string path, BpeVocabulary vocabulary) => new(path) { Vocabulary = vocabulary };

    private static TokenizerSource Copied(string path, string folder, IEnumerable<string> names) => new(path)
    {
        Files =
        [
            .. names.Select(name => (Name: name, Path: System.IO.Path.Combine(folder, name))).Where(file => File.Exists(file.Path))
                .Select(file => (file.Name, WeightFile.Read(file.Path, RegularFile.MaxTokenizer))),
        ],
        Named = NamedIn(folder),
        IsOfOpenClips = OpenClipConfig.Find(folder) is not null,
    };

    /// <summary>A <c>tokenizer.json</c> of another name may be of CLIP's kind, too.</summary>
    private TokenizerSource ByKind() => TokenizerFolder.Aside(
        Path, folder => File.WriteAllBytes(System.IO.Path.Combine(folder, Main), Files[0].Content), folder => OfFolder(Path, folder));

    private static NamedTokenizer? NamedIn(string folder)
    {
        if (OpenClipConfig.Find(folder) is { } config)
            return new NamedTokenizer(config.TokenizerName, config.Cleaning ?? OpenClipCleaning.OpenClipDefault, config.StripsSeparator);
        var (cleaning, strips) = (OpenClipCleaning.Find(folder)?.Name, OpenClipCleaning.StripsSeparator(folder));
        return cleaning is null && !strips ? null : new NamedTokenizer(Name: null, cleaning, strips);
    }

    /// <summary>Whether a file's content is a tokenizer by itself: JSON of Hugging Face's form, or a SentencePiece model.</summary>
    private static bool IsWhole(string path)
    {
        var name = System.IO.Path.GetFileName(path);
        if (Whole.Contains(name)) return true;
        if (!name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return false;
        using var json = JsonFile.Read(path, RegularFile.MaxTokenizer);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("model", out _);
    }
}
