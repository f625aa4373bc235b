using System.Text;
using Spectre.Console;

namespace Clip.Cli.Tests.Options;

/// <summary>Takes what this test prints, and nothing of the tests beside it, until it is disposed.</summary>
internal sealed class PrintedHere : IDisposable
{
    private static readonly AsyncLocal<PrintedHere?> Taken = new();

    private readonly StringBuilder _all = new(), _output = new(), _error = new();

    static PrintedHere()
    {
        Console.SetOut(new Router(Console.Out, isError: false));
        Console.SetError(new Router(Console.Error, isError: true));
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        AnsiConsole.Profile.Width = int.MaxValue;
    }

    public PrintedHere() => Taken.Value = this;

    /// <summary>What went to standard output.</summary>
    public string Output => Text(_output);

    /// <summary>What went to standard error.</summary>
    public string Error => Text(_error);

    /// <summary>Both, in the order in which they came.</summary>
    public override string ToString() => Text(_all);

    public void Dispose() => Taken.Value = null;

    private string Text(StringBuilder text)
    {
        lock (_all) return text.ToString();
    }

    private void Take(bool isError, ReadOnlySpan<char> text)
    {
        lock (_all)
        {
            _all.Append(text);
            (isError ? _error : _output).Append(text);
        }
    }

    private sealed class Router(TextWriter usual, bool isError) : TextWriter
    {
        public override Encoding Encoding => usual.Encoding;

        public override void Write(char value)
        {
            if (Taken.Value is { } taken) taken.Take(isError, [value]);
            else usual.Write(value);
        }

        public override void Write(string? value)
        {
            if (Taken.Value is { } taken) taken.Take(isError, value);
            else usual.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            if (Taken.Value is { } taken) taken.Take(isError, buffer.AsSpan(index, count));
            else usual.Write(buffer, index, count);
        }

        public override void Flush() => usual.Flush();
    }
}
