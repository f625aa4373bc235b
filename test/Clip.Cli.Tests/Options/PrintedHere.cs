using System.Text;
using Spectre.Console;

namespace Clip.Cli.Tests.Options;

/// <summary>Takes what this test prints, and nothing of the tests beside it, until it is disposed.</summary>
internal sealed class PrintedHere : IDisposable
{
    private static readonly AsyncLocal<StringBuilder?> Taken = new();

    private readonly StringBuilder _printed = new();

    static PrintedHere()
    {
        Console.SetOut(new Router(Console.Out));
        Console.SetError(new Router(Console.Error));
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        AnsiConsole.Profile.Width = int.MaxValue;
    }

    public PrintedHere() => Taken.Value = _printed;

    public override string ToString()
    {
        lock (_printed) return _printed.ToString();
    }

    public void Dispose() => Taken.Value = null;

    private sealed class Router(TextWriter usual) : TextWriter
    {
        public override Encoding Encoding => usual.Encoding;

        public override void Write(char value)
        {
            if (Taken.Value is { } taken) lock (taken) taken.Append(value);
            else usual.Write(value);
        }

        public override void Write(string? value)
        {
            if (Taken.Value is { } taken) lock (taken) taken.Append(value);
            else usual.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            if (Taken.Value is { } taken) lock (taken) taken.Append(buffer, index, count);
            else usual.Write(buffer, index, count);
        }

        public override void Flush() => usual.Flush();
    }
}
