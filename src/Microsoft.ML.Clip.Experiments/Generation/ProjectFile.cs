using System.Security;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>The generated projects' <c>.csproj</c>.</summary>
internal static class ProjectFile
{
    /// <summary>A console project, in the folder of the model.</summary>
    public static string Console(GenerationFacts facts) => Of("Microsoft.NET.Sdk", facts.Packages, """

            <OutputType>Exe</OutputType>
        """, """

          <ItemGroup>
            <None Include="model.zip" CopyToOutputDirectory="PreserveNewest" />
            <!-- A web project beside this one is a project of its own. -->
            <Compile Remove="*/**" />
          </ItemGroup>
        """);

    /// <summary>A web project, in a folder beside the console project's files, whose consumption it shares.</summary>
    public static string Web(GenerationFacts facts) => Of("Microsoft.NET.Sdk.Web", facts.Packages, "", $"""

          <ItemGroup>
            <Compile Include="../{SecurityElement.Escape(facts.Name)}.consumption.cs" />
            <None Include="../model.zip" Link="model.zip" CopyToOutputDirectory="PreserveNewest" />
          </ItemGroup>
        """);

    private static string Of(string sdk, IEnumerable<(string Name, string Version)> packages, string properties, string items) => $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>{properties}
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
          </PropertyGroup>
          <ItemGroup>
        {string.Join("\n", packages.Select(p => $"""    <PackageReference Include="{p.Name}" Version="{p.Version}" />"""))}
          </ItemGroup>{items}
        </Project>

        """;
}
