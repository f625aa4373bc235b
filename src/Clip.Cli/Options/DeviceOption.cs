using System.CommandLine;
using Clip.Trainer.Modeling;

namespace Clip.Cli.Options;

/// <summary><c>--device</c>, of what computes with torch.</summary>
internal static class DeviceOption
{
    public static Option<string> Create() => new("--device")
    {
        Description = $"What torch computes on: {TorchDevice.Names}. auto takes an NVIDIA GPU where there is one, else the CPU.",
        DefaultValueFactory = _ => TorchDevice.Auto,
    };
}
