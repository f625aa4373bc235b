using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>The internals of ML.NET that a component cannot do without, each under a name of ours.</summary>
internal static class MlNet
{
    public static IHostEnvironment Environment(TransformsCatalog catalog) => CatalogUtils.GetEnvironment(catalog);

    /// <exception cref="OperationCanceledException">The context was cancelled, as AutoML does with a trial that takes too long.</exception>
    public static void CheckAlive(IHost host) => host.CheckAlive();

    public static string? TemporaryPath(IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.TempFilePath;

    /// <summary>The context's GPU, where the session settings leave the place of computing to it.</summary>
    public static ClipSessionOptions Resolve(IHostEnvironment environment, ClipSessionOptions options)
    {
        if (environment is not IHostEnvironmentInternal context || options.ExecutionProvider == ClipExecutionProvider.Cpu) return options;
        if (options.ExecutionProvider == ClipExecutionProvider.Default && context.GpuDeviceId is null) return options;
        return options with
        {
            ExecutionProvider = ClipExecutionProvider.Cuda,
            GpuDeviceId = options.GpuDeviceId ?? context.GpuDeviceId,
            FallbackToCpu = options.FallbackToCpu || context.FallbackToCpu,
        };
    }

    public static SchemaShape.Column VectorShape(string name, DataViewType itemType) =>
        new(name, SchemaShape.Column.VectorKind.Vector, itemType, isKey: false, TextAnnotation("SlotNames"));

    public static SchemaShape.Column KeyShape(string name) =>
        new(name, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, TextAnnotation("KeyValues"));

    /// <summary>A vector whose slots have no names.</summary>
    public static SchemaShape.Column PlainVectorShape(string name, DataViewType itemType) =>
        new(name, SchemaShape.Column.VectorKind.Vector, itemType, isKey: false);

    /// <summary>A schema with more columns, which take the places of those of their names.</summary>
    public static SchemaShape With(this SchemaShape schema, params IEnumerable<SchemaShape.Column> added)
    {
        var columns = schema.ToDictionary(column => column.Name);
        foreach (var column in added) columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    public static VersionInfo Version(string signature, string loader, Assembly? assembly = null) => new(
        signature, verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001, loaderSignature: loader,
        // The simple name: a full one would tie the file to this build's version.
        loaderAssemblyName: (assembly ?? typeof(MlNet).Assembly).GetName().Name!);

    private static SchemaShape TextAnnotation(string name) =>
        new([new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false)]);
}
