using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Clip.Cli;
using Clip.Cli.Options;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Trainer.Training;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary>The libraries name settings, and the command line says its flags for them: both exist.</summary>
public sealed partial class FlagsTests
{
    /// <summary>The types that settings are properties of; several call theirs alike, and then have the same flag.</summary>
    private static readonly Type[] Options =
    [
        typeof(ClipContrastiveEstimator.Options), typeof(TrainingOptions), typeof(RecordSourceOptions), typeof(CaptionTableOptions),
        typeof(ConversionOptions), typeof(ClipHubOptions), typeof(ClipHub),
    ];

    private static readonly HashSet<string> AllFlags =
        [.. Commands(CommandLine.Root()).SelectMany(command => command.Options).Select(option => option.Name)];

    public static TheoryData<string> Settings => [.. Flags.Settings.Keys];

    public static TheoryData<string> Libraries =>
        [.. new[] { typeof(ClipContrastiveEstimator), typeof(CheckpointFile), typeof(ClipModel) }.Select(type => type.Assembly.Location)];

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_setting_is_a_property_and_its_flag_an_option(string setting)
    {
        Assert.True(IsProperty(setting), $"No options type has {setting}.");
        Assert.Contains(Flags.Settings[setting].Split(' ').First(word => word.StartsWith("--", StringComparison.Ordinal)), AllFlags);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_names_no_flag_and_only_settings_that_have_one(string library)
    {
        var texts = UserStrings(library).ToList();

        var flags = texts.SelectMany(text => Flag().Matches(text)).Select(match => match.Value);
        Assert.DoesNotContain(flags, flag => flag == "--" || AllFlags.Contains(flag));
        var named = texts.SelectMany(text => Flags.Setting().Matches(text)).Select(match => match.Groups["name"].Value).ToList();
        Assert.All(named, name => Assert.Contains(name, Flags.Settings));
    }

    [Fact]
    public void The_course_of_a_run_is_in_settings() => Assert.All(

        new TrainingOptions().Course("data").Keys.Where(name => !name.Contains(' ')), name => Assert.Contains(name, Flags.Settings));

    [Fact]
    public void A_sentence_is_said_with_flags()
    {
        Assert.Equal("lower --batch-size, or --csv-quoting none.", Flags.In("lower `BatchSize`, or `CaptionTableOptions.Quotes=false`."));
        Assert.Equal("There is no file '`x`' or `Unknown`.", Flags.In("There is no file '`x`' or `Unknown`."));
    }

    /// <summary>A path of properties from an options type, perhaps behind the type's name, and perhaps with a value.</summary>
    private static bool IsProperty(string setting)
    {
        var (path, value) = setting.Split('=') is [var before, var behind] ? (before, behind) : (setting, null);
        return Options.Any(type =>
            Leads(type, path.StartsWith($"{type.Name}.", StringComparison.Ordinal) ? path[(type.Name.Length + 1)..] : path));

        bool Leads(Type from, string names)
        {
            var to = from;
            foreach (var name in names.Split('.'))
            {
                if (to.GetProperty(name) is not { } property) return false;
                to = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            }

            return value is null || (to.IsEnum ? Enum.IsDefined(to, value) : to == typeof(bool) && bool.TryParse(value, out _));
        }
    }

    /// <summary>The string literals of an assembly; those with holes come in pieces.</summary>
    private static IEnumerable<string> UserStrings(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        // The heap's first entry is empty.
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
            yield return metadata.GetUserString(handle);
    }

    private static IEnumerable<System.CommandLine.Command> Commands(System.CommandLine.Command command) =>
        command.Subcommands.SelectMany(Commands).Prepend(command);

    /// <summary>A flag, or the beginning of one that is put together.</summary>
    [GeneratedRegex("(?<![a-z-])--[a-z][a-z0-9-]*|(?<= )--$")]
    private static partial Regex Flag();
}
