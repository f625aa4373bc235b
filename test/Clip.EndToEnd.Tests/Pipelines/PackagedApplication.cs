using System.Reflection;

namespace Clip.EndToEnd.Tests;

/// <summary>
/// An application outside of the repository that uses the package as its users do: packed, put into a folder source, restored into a
/// fresh console project. It keeps its own packages folder, so that nothing of it stays on the machine.
/// </summary>
public sealed class PackagedApplication : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>What <c>dotnet build</c> of the application printed.</summary>
    internal Outcome Build { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        // A version of its own: a package of the same version that the machine already has would be taken instead.
        var version = $"0.1.0-e2e.{Guid.NewGuid():N}";
        var configuration = typeof(PackagedApplication).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        (await DotnetAsync(
            "pack", Metadata("PackedProject"), "--no-build", "-c", configuration, "-o", _folder["source"],
            $"-p:PackageVersion={version}", $"-p:NuspecOutputPath={_folder["nuspec"]}/")).Succeeded();

        _folder.Write("NuGet.config", $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="source" /></packageSources>
              <!-- What the package depends on is here already, from the build of the solution. -->
              <fallbackPackageFolders><clear /><add key="machine" value="{Metadata("PackageFolder")}" /></fallbackPackageFolders>
            </configuration>
            """);
        _folder.Write("Application.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>packages</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.ML.Clip" Version="{version}" />
              </ItemGroup>
            </Project>
            """);
        foreach (var source in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Application"), "*.cs"))
            File.Copy(source, _folder[Path.GetFileName(source)]);
        Build = (await DotnetAsync("build", "-c", "Release", "-o", _folder["built"], "-p:UseSharedCompilation=false")).Succeeded();
    }

    /// <summary>Has a process of its own load a saved model and answer: see <c>Application/Program.cs</c>.</summary>
    internal async Task<string[]> AnswersAsync(string model, string column, IEnumerable<string> values) =>
        (await DotnetAsync([_folder["built/Application.dll"], model, column, .. values])).Succeeded().OutputLines;

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    private async Task<Outcome> DotnetAsync(params string[] arguments)
    {
        using var process = ChildProcess.Dotnet(_folder.Path, arguments);
        return await process.FinishAsync();
    }

    private static string Metadata(string key) =>
        typeof(PackagedApplication).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
