using System.Reflection;
using System.Xml.Linq;

namespace Clip.EndToEnd.Tests.Packages;

/// <summary>
/// Applications outside of the repository that use the libraries as their users do: bare console projects without central versions, one
/// for each library as a package and one as a project. The libraries are packed into a folder source, and all are restored and built in
/// one go; they keep a packages folder of their own, so that nothing of it stays on the machine.
/// </summary>
public sealed class Consumers : IAsyncLifetime, IDisposable
{
    private const string OnnxRuntime = "Microsoft.ML.OnnxRuntime";

    // Of its own: a package of the same version that the machine already has would be taken instead.
    private readonly string _version = $"0.1.0-e2e.{Guid.NewGuid():N}";

    private readonly TempFolder _folder = new();

    /// <summary>
    /// The libraries, each with the packages of native code that an application chooses for it; the program is
    /// <c>Packages/Programs/NAME.cs</c>.
    /// </summary>
    internal static IReadOnlyDictionary<string, string[]> Libraries { get; } = new Dictionary<string, string[]>
    {
        ["Microsoft.ML.Clip"] = [OnnxRuntime],
        ["Microsoft.ML.Clip.Extensions.AI"] = [OnnxRuntime],
        ["Microsoft.ML.Clip.MoreFormats"] = [OnnxRuntime],
        ["Microsoft.ML.Clip.Search"] = [OnnxRuntime],
        ["Microsoft.ML.Clip.AspNetCore"] = [OnnxRuntime],
        ["Clip.Conversion"] = [OnnxRuntime],
        ["Clip.Data"] = [OnnxRuntime],
        ["Clip.Evaluation"] = [OnnxRuntime],
        ["Microsoft.ML.Clip.Experiments"] = [OnnxRuntime],
        ["Clip.Trainer"] = [OnnxRuntime, "libtorch-cpu-$(NETCoreSdkPortableRuntimeIdentifier)"],
    };

    /// <summary>Libraries that tell which package of native code is missing, and what they say.</summary>
    internal static IReadOnlyDictionary<string, string> Natives { get; } = new Dictionary<string, string>
    {
        ["Microsoft.ML.Clip"] = OnnxRuntime,
        ["Clip.Trainer"] = "TorchSharp-cpu",
    };

    /// <summary>What building all of them printed.</summary>
    internal Outcome Build { get; private set; } = null!;

    /// <summary>The folder with the packages.</summary>
    internal string Source => _folder["source"];

    private static string Root => Metadata("Root");

    private static string Configuration { get; } =
        typeof(Consumers).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    public async Task InitializeAsync()
    {
        (await DotnetAsync(
            "msbuild", Path.Combine(Root, "build/pack.proj"), $"-p:Configuration={Configuration}", "-p:NoBuild=true",
            $"-p:PackageOutputPath={Source}", $"-p:PackageVersion={_version}", $"-p:NuspecOutputPath={_folder["nuspec"]}/")).Succeeded();

        _folder.Write("NuGet.config", $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="source" /></packageSources>
              <!-- What the packages depend on is here already, from the build of the solution. -->
              <fallbackPackageFolders><clear /><add key="machine" value="{Metadata("PackageFolder")}" /></fallbackPackageFolders>
            </configuration>
            """);
        foreach (var (library, natives) in Libraries)
        {
            var package = $"""<PackageReference Include="{library}" Version="{_version}" />""";
            Write(library, library, [package, .. natives.Select(Reference)]);
            if (Natives.ContainsKey(library)) Write(library, WithoutNatives(library), [package]);
            var project = Path.Combine(Root, "src", library, library + ".csproj");
            Write(library, ByProject(library), [$"""<ProjectReference Include="{project}" />""", .. natives.Select(Reference)]);
        }

        _folder.Write("all.proj", """
            <Project DefaultTargets="Build">
              <ItemGroup><Application Include="*/*.csproj" /></ItemGroup>
              <Target Name="Restore"><MSBuild Projects="@(Application)" Targets="Restore" /></Target>
              <Target Name="Build"><MSBuild Projects="@(Application)" Targets="Build" BuildInParallel="true" /></Target>
            </Project>
            """);
        Build = (await DotnetAsync(
            "build", "all.proj", $"-p:Configuration={Configuration}", "-p:BuildProjectReferences=false")).Succeeded();
    }

    /// <summary>The application that references a library's project.</summary>
    internal static string ByProject(string library) => $"{library}.ByProject";

    /// <summary>The application that chose no native library.</summary>
    internal static string WithoutNatives(string library) => $"{library}.WithoutNatives";

    /// <summary>Runs an application.</summary>
    internal Task<Outcome> RunAsync(string application, params IEnumerable<string> arguments) =>
        DotnetAsync([_folder[$"{application}/built/Application.dll"], .. arguments]);

    /// <summary>Has a process of its own load a saved pipeline and answer.</summary>
    internal async Task<string[]> AnswersAsync(string model, string column, IEnumerable<string> values) =>
        (await RunAsync("Microsoft.ML.Clip", ["load", model, column, .. values])).Succeeded().OutputLines;

    /// <summary>
    /// Builds projects of a folder, one after another, as their owner would, with the packages packed here in place of those of 0.1.0.
    /// </summary>
    /// <returns>What it printed.</returns>
    internal async Task<Outcome> BuildAsync(TempFolder folder, params string[] projects)
    {
        foreach (var project in projects)
        {
            var text = await File.ReadAllTextAsync(folder[project]);
            folder.Write(project, text.Replace("\"0.1.0\"", $"\"{_version}\"", StringComparison.Ordinal));
        }

        folder.Write("all.proj", $"""
            <Project DefaultTargets="Build">
              <ItemGroup><Application Include="{string.Join(';', projects)}" /></ItemGroup>
              <Target Name="Restore"><MSBuild Projects="@(Application)" Targets="Restore" /></Target>
              <Target Name="Build"><MSBuild Projects="@(Application)" Targets="Build" /></Target>
            </Project>
            """);
        using var process = ChildProcess.Dotnet(
            folder.Path, ["build", "all.proj", "-p:UseAppHost=false", "-p:NuGetAudit=false"], new Dictionary<string, string>
            {
                ["RestoreConfigFile"] = _folder["NuGet.config"],
                ["NUGET_PACKAGES"] = _folder["packages"],
            });
        return await process.FinishAsync();
    }

    /// <summary>Runs an F# script of the samples in a folder, with the packages packed here.</summary>
    internal async Task<Outcome> RunScriptAsync(string script, TempFolder folder, params IEnumerable<string> arguments)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Root, script));
        folder.Write("script.fsx", text.Replace(", 0.1.0\"", $", {_version}\"", StringComparison.Ordinal));
        using var process = ChildProcess.Start("dotnet", folder.Path, ["fsi", "script.fsx", .. arguments], new Dictionary<string, string>
        {
            ["RestoreConfigFile"] = _folder["NuGet.config"],
            ["NUGET_PACKAGES"] = _folder["packages"],
        });
        return await process.FinishAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    /// <summary>A bare console project around the library's program.</summary>
    private void Write(string library, string name, IEnumerable<string> references)
    {
        _folder.Write($"{name}/Application.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <!-- libtorch is not written to the disk once more for each. -->
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <!-- A project's references ask for versions that this repository pins to later ones; the machine has those. -->
                <NoWarn Condition="'{name.EndsWith(".ByProject", StringComparison.Ordinal)}' == 'True'">$(NoWarn);NU1603</NoWarn>
                <OutputPath>built</OutputPath>
                <AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
                <RestorePackagesPath>../packages</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references)}
              </ItemGroup>
            </Project>
            """);
        string[] sources = library == "Microsoft.ML.Clip" ? [library, "Predictions"] : [library];
        foreach (var source in sources)
            File.Copy(Path.Combine(AppContext.BaseDirectory, $"Packages/Programs/{source}.cs"), _folder[$"{name}/{source}.cs"]);
        var type = library.Replace(".", "", StringComparison.Ordinal);
        _folder.Write($"{name}/Program.cs", $"foreach (var line in Programs.{type}.Run(args)) Console.WriteLine(line);");
    }

    /// <summary>A reference with the version that this repository uses.</summary>
    private static string Reference(string package)
    {
        var known = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion");
        var version = known.Single(v => v.Attribute("Include")!.Value == package.Split("-$(")[0]).Attribute("Version")!.Value;
        return $"""<PackageReference Include="{package}" Version="{version}" />""";
    }

    private async Task<Outcome> DotnetAsync(params string[] arguments)
    {
        using var process = ChildProcess.Dotnet(_folder.Path, arguments);
        return await process.FinishAsync();
    }

    private static string Metadata(string key) =>
        typeof(Consumers).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
