using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;

namespace Clip.EndToEnd.Tests.Packages;

/// <summary>What a library's user gets: the package, and the project from outside of the repository.</summary>
[Collection(PackedLibraries.Name)]
public sealed class PackageTests(TrainedModel trained, Consumers consumers)
{
    public static TheoryData<string> Libraries() => [.. Consumers.Libraries.Keys];

    public static TheoryData<string, string> Natives()
    {
        var natives = new TheoryData<string, string>();
        foreach (var (library, package) in Consumers.Natives) natives.Add(library, package);
        return natives;
    }

    [Fact]
    public void EveryLibraryIsPackedAndTried()
    {
        var packed = Directory.GetFiles(consumers.Source, "*.nupkg").Select(f => Path.GetFileName(f).Split(".0.1.0-")[0]);
        Assert.Equal(Consumers.Libraries.Keys.Order(StringComparer.Ordinal), packed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheyAreRestoredAndUsedWithoutWarnings() => Assert.Contains(consumers.Build.OutputLines, line => line == "0 Warning(s)");

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task APackageWorksInABareConsoleProject(string library) => Assert.Equal(["32"], await RunAsync(library));

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task AProjectReferenceWorksInABareConsoleProject(string library) =>
        Assert.Equal(["32"], await RunAsync(Consumers.ByProject(library)));

    [Theory]
    [MemberData(nameof(Natives))]
    public async Task WithoutANativeLibraryOneSentenceNamesThePackage(string library, string package)
    {
        using var folder = new TempFolder();
        var run = await consumers.RunAsync(Consumers.WithoutNatives(library), Arguments(folder));
        Assert.NotEqual(0, run.ExitCode);
        var told = run.ErrorLines.First(line => line.StartsWith("Unhandled exception.", StringComparison.Ordinal));
        Assert.Matches($@"is not among the application's files: add a reference to the package {package}\b.*\.$", told);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void APackageTellsWhatItIs(string library)
    {
        using var package = ZipFile.OpenRead(Package(library, "nupkg"));
        var files = package.Entries.Select(e => e.FullName).ToList();
        Assert.Contains("README.md", files);
        Assert.Contains("THIRD-PARTY-NOTICES.md", files);
        Assert.Contains($"lib/net10.0/{library}.xml", files);
        var facts = Nuspec(package).Descendants().ToLookup(e => e.Name.LocalName, e => e.Value);
        Assert.Equal("MIT", Assert.Single(facts["license"]));
        Assert.Equal("README.md", Assert.Single(facts["readme"]));
        Assert.InRange(Assert.Single(facts["description"]).Length, 50, 1000);
        Assert.NotEmpty(Assert.Single(facts["tags"]).Split(' '));
        Assert.Empty(facts["projectUrl"]); // nobody knows yet where it will lie

        using var symbols = ZipFile.OpenRead(Package(library, "snupkg"));
        Assert.Contains(symbols.Entries, e => e.FullName == $"lib/net10.0/{library}.pdb");
    }

    /// <summary>Else it is found by luck: through some other package, in that one's version, or not at all.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void WhatTheCodeUsesThePackageDependsOn(string library)
    {
        using var package = ZipFile.OpenRead(Package(library, "nupkg"));
        var packages = Nuspec(package).Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value);
        // One package's assemblies may have other names than the package.
        var dependencies = packages.SelectMany(id => id switch
        {
            "Microsoft.ML" =>
            [
                "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.PCA", "Microsoft.ML.StandardTrainers", "Microsoft.ML.Transforms",
            ],
            "Magick.NET-Q8-AnyCPU" => ["Magick.NET-Q8-AnyCPU", "Magick.NET.Core"],
            "Microsoft.ML.OnnxRuntime.Managed" => ["Microsoft.ML.OnnxRuntime"],
            "OxyPlot.Core" => ["OxyPlot"],
            "Parquet.Net" => ["Parquet"],
            _ => new[] { id },
        });
        // Microsoft.ML.DataView is a package of its own that Microsoft.ML is of one version with.
        var frameworks = Framework(typeof(object));
        if (Nuspec(package).Descendants().Any(e => e.Attribute("name")?.Value == "Microsoft.AspNetCore.App"))
            frameworks = frameworks.Concat(Framework(typeof(WebApplication)));
        Assert.Empty(References(package, library).Except(dependencies).Except(frameworks).Except(["Microsoft.ML.DataView"]));
    }

    private async Task<string[]> RunAsync(string application)
    {
        using var folder = new TempFolder();
        return (await consumers.RunAsync(application, Arguments(folder))).Succeeded().OutputLines;
    }

    private string[] Arguments(TempFolder folder) =>
        [trained.Folder, trained.Picture("red", "square"), trained.ConfigFile, folder["model"]];

    private string Package(string library, string kind) =>
        Assert.Single(Directory.GetFiles(consumers.Source, $"{library}.0.1.0-*.{kind}"));

    private static XDocument Nuspec(ZipArchive package)
    {
        using var file = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(file);
    }

    private static List<string> References(ZipArchive package, string library)
    {
        using var assembly = new MemoryStream();
        using (var file = package.GetEntry($"lib/net10.0/{library}.dll")!.Open()) file.CopyTo(assembly);
        using var reader = new PEReader([.. assembly.ToArray()]);
        var metadata = reader.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    /// <summary>The assemblies of the framework that a type belongs to.</summary>
    private static IEnumerable<string> Framework(Type type)
    {
        var files = Directory.GetFiles(Path.GetDirectoryName(type.Assembly.Location)!, "*.dll");
        return files.Select(file => Path.GetFileNameWithoutExtension(file));
    }
}
