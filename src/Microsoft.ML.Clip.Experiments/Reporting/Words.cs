using System.Globalization;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>Numbers as the page has them, in the invariant culture.</summary>
internal static class Words
{
    /// <summary>A share as a percentage.</summary>
    public static string Percent(double share) => Line($"{100 * share:F1}\u00a0%");

    /// <summary>A number of things.</summary>
    public static string Count(int number, string one) => Line($"{number:N0} {one}{(number == 1 ? "" : "s")}");

    /// <summary>Any line.</summary>
    public static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
}
