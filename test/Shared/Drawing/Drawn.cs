using CsCheck;
using Xunit.Sdk;

namespace Clip.Testing;

/// <summary>Tries rules on cases that are drawn, the same ones each time and on every machine.</summary>
internal static class Drawn
{
    /// <summary>Tries a rule on so many cases; a failure tells of the first case that breaks it.</summary>
    public static void Holds<T>(this Gen<T> cases, Action<T> rule, int count = 200)
    {
        var random = new PCG(1, 20260501);
        for (var i = 0; i < count; i++)
        {
            var drawn = cases.Generate(random, null, out _);
            try
            {
                rule(drawn);
            }
            catch (Exception e)
            {
                throw new XunitException($"Case {i}, {Check.Print(drawn)}: {e.Message}", e);
            }
        }
    }
}
