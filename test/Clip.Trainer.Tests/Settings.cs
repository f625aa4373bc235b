using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Clip.Trainer.Tests;

/// <summary>Options laid out as lines: the path of a property, and its value.</summary>
internal static class Settings
{
    /// <summary>The settings of options, and of the options in them.</summary>
    public static Dictionary<string, string> Of(object options)
    {
        var settings = new Dictionary<string, string>();
        Add(settings, "", options);
        return settings;
    }

    /// <summary>What is different in others, as <c>Path=value</c>.</summary>
    public static string[] Changes(Dictionary<string, string> before, Dictionary<string, string> after) =>
    [
        .. before.Keys.Union(after.Keys).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path))
            .Order(StringComparer.Ordinal).Select(path => $"{path}={after.GetValueOrDefault(path, "gone")}"),
    ];

    private static void Add(Dictionary<string, string> settings, string path, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case string or char or bool or Enum or IFormattable:
                settings[path] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                break;
            case ITuple tuple:
                settings[path] = tuple.ToString()!;
                break;
            case Encoding encoding:
                settings[path] = encoding.WebName;
                break;
            case Delegate:
                break; // Told by what it does.
            case IEnumerable items:
                var list = items.Cast<object>().ToArray();
                if (list.All(item => item is string or IFormattable))
                {
                    settings[path] = string.Join(' ', list.Select(item => Convert.ToString(item, CultureInfo.InvariantCulture)));
                    break;
                }

                for (var i = 0; i < list.Length; i++) Add(settings, $"{path}[{i}]", list[i]);
                break;
            default:
                foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0))
                {
                    if (property.GetMethod is { IsStatic: false })
                        Add(settings, path.Length == 0 ? property.Name : $"{path}.{property.Name}", property.GetValue(value));
                }

                break;
        }
    }
}
