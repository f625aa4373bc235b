using System.Reflection;
using Xunit.Sdk;

namespace Clip.Testing;

/// <summary>
/// A row of a theory over a golden file (the first argument, a path under <c>golden/</c>) of the larger set that may lie beside the
/// checkout: one more row where it is there. Rows of the set that travels with the code are given by <see cref="InlineDataAttribute"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class GoldenDataAttribute(params object[] row) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Golden.IsPresent ? [row] : [];
}
