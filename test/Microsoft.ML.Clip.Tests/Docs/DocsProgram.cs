using System.Globalization;
using System.Reflection;
using Clip.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>
/// A program as a reader would paste it together from a page: a C# block with <c>using</c> directives starts one, those after it go
/// on. Compiled as a console project of .NET's template is (nullable, implicit usings), and any warning fails it.
/// </summary>
internal sealed class DocsProgram(IReadOnlyList<DocsBlock> blocks)
{
    private const string Console = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private const string Web = """
        global using System.Net.Http.Json; global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing; global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    /// <summary>Packages built against earlier versions of others: the SDK turns these off.</summary>
    private static readonly Dictionary<string, ReportDiagnostic> ToldByNoProject =
        new() { ["CS1701"] = ReportDiagnostic.Suppress, ["CS1702"] = ReportDiagnostic.Suppress };

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Latest);

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !path.EndsWith(".Tests.dll", StringComparison.Ordinal)).Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Where it stands, such as <c>docs/zero-shot.md(12)</c>.</summary>
    public string Name => $"{blocks[0].Page}({blocks[0].Line})";

    /// <summary>Whether it is a web application, whose template knows more namespaces, and which runs until it is stopped.</summary>
    public bool IsWeb => blocks.Any(b => b.Text.Contains("WebApplication", StringComparison.Ordinal));

    /// <summary>Whether it changes the process it runs in: what it registers, other tests would see.</summary>
    public bool IsGlobal => blocks.Any(b => b.Text.Contains("ClipImageDecoder.Register", StringComparison.Ordinal));

    /// <summary>Whether it trains: the trainer's tests compile it.</summary>
    public bool Trains => blocks.Any(b => b.Text.Contains("using Clip.Trainer;", StringComparison.Ordinal));

    public static IEnumerable<DocsProgram> Of(string page)
    {
        var program = new List<DocsBlock>();
        foreach (var block in DocsPages.Blocks(page, "csharp"))
        {
            if (Parse(block).Usings.Count > 0 && program.Count > 0)
            {
                yield return new([.. program]);
                program.Clear();
            }

            program.Add(block);
        }

        if (program.Count > 0) yield return new(program);
    }

    /// <summary>Compiles it; errors and warnings are told with the page's own line numbers.</summary>
    public Assembly Compile()
    {
        var compilation = CSharpCompilation.Create(
            $"docs-{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(IsWeb ? Console + Web : Console, Parsing), CSharpSyntaxTree.ParseText(Join(), Parsing)],
            References,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: ToldByNoProject));
        using var image = new MemoryStream();
        var problems = compilation.Emit(image).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems.Select(Describe)));
        return Assembly.Load(image.ToArray());
    }

    /// <summary>Runs it in this process and gives what it printed.</summary>
    public string Run(params string[] args)
    {
        var main = Compile().EntryPoint!;
        using var printed = new StringWriter();
        var console = System.Console.Out;
        System.Console.SetOut(printed);
        try
        {
            main.Invoke(null, [args]);
        }
        finally
        {
            System.Console.SetOut(console);
        }

        return printed.ToString();
    }

    private static CompilationUnitSyntax Parse(DocsBlock block) => CSharpSyntaxTree.ParseText(block.Text, Parsing).GetCompilationUnitRoot();

    private static string Describe(Diagnostic problem)
    {
        var span = problem.Location.GetMappedLineSpan();
        return $"{span.Path}({span.StartLinePosition.Line + 1}): {problem.Id}: {problem.GetMessage(CultureInfo.InvariantCulture)}";
    }

    /// <summary>One file of the blocks' parts in the order that C# wants: usings, statements, types.</summary>
    private string Join()
    {
        var parts = blocks.SelectMany(block =>
        {
            var unit = Parse(block);
            return unit.Usings.Cast<SyntaxNode>().Concat(unit.Members).Select(node => (block, node));
        });
        var ordered = parts.OrderBy(part => part.node is UsingDirectiveSyntax ? 0 : part.node is GlobalStatementSyntax ? 1 : 2);
        return string.Concat(ordered.Select(part =>
        {
            var line = part.block.Line + part.node.SyntaxTree.GetLineSpan(part.node.FullSpan).StartLinePosition.Line;
            return $"#line {line} \"{part.block.Page}\"\n{part.node.ToFullString()}\n";
        }));
    }
}
