using System.Runtime.InteropServices;

namespace Clip.Cli.Running;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP as a wish to stop, for commands that then finish the step at hand and keep their work. A second one, or a
/// stop that takes five minutes, ends the process at once. Other commands end at the first.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _seen;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop),
    ];

    /// <summary>Canceled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        // Shells have it so: 128 and the signal's number.
        var code = 128 + (context.Signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, _ => 15 });
        if (Interlocked.Increment(ref _seen) > 1) Environment.Exit(code);
        Console.Error.WriteLine("clip: stopping after the step at hand; once more ends it at once");
        new Thread(() => End(code)) { IsBackground = true }.Start();
        _stop.Cancel();
    }

    private static void End(int code)
    {
        Thread.Sleep(Patience);
        Environment.Exit(code);
    }
}
