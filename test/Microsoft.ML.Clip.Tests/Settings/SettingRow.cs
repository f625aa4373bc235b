namespace Microsoft.ML.Clip.Tests.Settings;

/// <summary>How a setting gets an unusual value, and how it shows that the value has arrived.</summary>
internal sealed record SettingRow<TOptions, TMade>(Func<TOptions, TOptions> Set, Action<TMade> Arrives);

internal static class SettingRows
{
    /// <summary>The names of all settings, so that one that is added asks for a row.</summary>
    public static TheoryData<string> Of<TOptions>() => [.. typeof(TOptions).GetProperties().Select(p => p.Name)];

    public static SettingRow<TOptions, TMade> Find<TOptions, TMade>(
        this IReadOnlyDictionary<string, SettingRow<TOptions, TMade>> rows, string setting)
    {
        Assert.True(rows.ContainsKey(setting), $"{setting} has no row here: give it an unusual value and see it arrive.");
        return rows[setting];
    }

    /// <summary>The settings that have the values of a new instance.</summary>
    public static IEnumerable<string> Untouched<TOptions>(params TOptions[] options)
        where TOptions : new() => typeof(TOptions).GetProperties()
        .Where(p => options.All(o => Text(p.GetValue(o)) == Text(p.GetValue(new TOptions())))).Select(p => p.Name);

    private static string Text(object? value) => value is Array numbers ? string.Join(',', numbers.Cast<object>()) : $"{value}";
}
