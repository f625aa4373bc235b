using System.Globalization;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Clip.Testing;

/// <summary>
/// Runs tests, and the classes they are in, in an order that CLIP_TEST_SEED draws: none may lean on what another has left. Without a
/// seed the order is xunit's own. See test/random-order.sh.
/// </summary>
public sealed class RandomOrder(IMessageSink messages) : ITestCaseOrderer, ITestCollectionOrderer
{
    private static readonly int? Seed =
        int.TryParse(Environment.GetEnvironmentVariable("CLIP_TEST_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : null;

    /// <inheritdoc/>
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase =>
        Seed is null ? new DefaultTestCaseOrderer(messages).OrderTestCases(testCases) : Shuffled(testCases, test => test.UniqueID);

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => Seed is null
        ? new DefaultTestCollectionOrderer().OrderTestCollections(testCollections)
        : Shuffled(testCollections, collection => collection.DisplayName);

    /// <summary>The same for one seed, however they come.</summary>
    private static T[] Shuffled<T>(IEnumerable<T> items, Func<T, string> name)
    {
        T[] shuffled = [.. items.OrderBy(name, StringComparer.Ordinal)];
        new Random(Seed!.Value).Shuffle(shuffled);
        return shuffled;
    }
}
