using System.Runtime.CompilerServices;
using TorchSharp;

namespace Clip.Trainer.Tests;

/// <summary>
/// Tiny tensors gain nothing from threads, and test projects that run at once would fight over the cores: neither here nor in the processes
/// that tests start.
/// </summary>
internal static class OneThread
{
    [ModuleInitializer]
    internal static void Set()
    {
        torch.set_num_threads(1);
        Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "1");
    }
}
