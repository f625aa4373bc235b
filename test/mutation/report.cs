// Prints what became of the mutants: those that no test noticed, line by line, and how many were noticed.
using System.Text.Json;

using var report = JsonDocument.Parse(File.ReadAllBytes(args[0]));
var counts = new Dictionary<string, int>();
foreach (var file in report.RootElement.GetProperty("files").EnumerateObject())
{
    var source = file.Value.GetProperty("source").GetString()!.Split('\n');
    foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
    {
        var status = mutant.GetProperty("status").GetString()!;
        counts[status] = counts.GetValueOrDefault(status) + 1;
        if (status is not ("Survived" or "NoCoverage")) continue;
        var line = mutant.GetProperty("location").GetProperty("start").GetProperty("line").GetInt32();
        var by = mutant.GetProperty("replacement").GetString()!.ReplaceLineEndings(" ").Trim();
        Console.WriteLine($"{status} {Path.GetFileName(file.Name)}:{line}  {source[line - 1].Trim()}");
        Console.WriteLine($"    {mutant.GetProperty("mutatorName").GetString()}: {(by.Length > 100 ? by[..100] + " ..." : by)}");
    }
}

int Of(string status) => counts.GetValueOrDefault(status);
var noticed = Of("Killed") + Of("Timeout");
var all = noticed + Of("Survived") + Of("NoCoverage");
Console.WriteLine(FormattableString.Invariant(
    $"killed {Of("Killed")}, timeout {Of("Timeout")}, survived {Of("Survived")}, no coverage {Of("NoCoverage")}: ")
    + FormattableString.Invariant($"{100.0 * noticed / Math.Max(1, all):F1} % of {all} noticed"));
