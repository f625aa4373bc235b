using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Clip.Trainer.Tests.Rooms;

/// <summary>Where an assembly's types are written, as its debug symbols tell.</summary>
internal static class SourceFolders
{
    /// <summary>A type without methods names its files in this record of the symbols (Roslyn's TypeDefinitionDocuments).</summary>
    private static readonly Guid TypeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    /// <summary>Each outer type's full name and its file's path; generated code is left out.</summary>
    public static Dictionary<string, string> Of(string assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assembly, ".pdb")));
        var (code, debug) = (image.GetMetadataReader(), symbols.GetMetadataReader());
        var files = new Dictionary<string, string>();
        foreach (var handle in code.TypeDefinitions)
        {
            var outer = code.GetTypeDefinition(handle);
            while (!outer.GetDeclaringType().IsNil) outer = code.GetTypeDefinition(outer.GetDeclaringType());
            var name = code.GetString(outer.Name);
            if (!outer.Namespace.IsNil) name = $"{code.GetString(outer.Namespace)}.{name}";
            foreach (var file in Documents(code, debug, handle).Where(file => !file.Contains("/obj/", StringComparison.Ordinal)))
                files.TryAdd(name, file);
        }

        return files;
    }

    private static IEnumerable<string> Documents(MetadataReader code, MetadataReader debug, TypeDefinitionHandle type)
    {
        foreach (var record in debug.GetCustomDebugInformation(type).Select(debug.GetCustomDebugInformation))
        {
            if (debug.GetGuid(record.Kind) != TypeDefinitionDocuments) continue;
            var rows = debug.GetBlobReader(record.Value);
            while (rows.RemainingBytes > 0) yield return Path(MetadataTokens.DocumentHandle(rows.ReadCompressedInteger()));
        }

        foreach (var method in code.GetTypeDefinition(type).GetMethods())
        {
            var points = debug.GetMethodDebugInformation(method.ToDebugInformationHandle());
            if (!points.Document.IsNil) yield return Path(points.Document);
        }

        string Path(DocumentHandle document) => debug.GetString(debug.GetDocument(document).Name).Replace('\\', '/');
    }
}
