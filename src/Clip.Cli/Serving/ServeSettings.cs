using System.Net;
using Microsoft.ML.Clip;

namespace Clip.Cli.Serving;

/// <summary>What <c>clip serve</c> was told.</summary>
/// <param name="Folder">The model folder.</param>
/// <param name="Name">What people call the model.</param>
/// <param name="Address">The address to listen at.</param>
/// <param name="Port">The port; 0 for any that is free.</param>
internal sealed record ServeSettings(string Folder, string Name, IPAddress Address, int Port)
{
    /// <summary>What every request has to bring; null where only this machine can ask.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Sets what the library takes.</summary>
    public Action<ClipServerOptions> Configure { get; init; } = _ => { };

    /// <summary>The address of <c>--listen</c>.</summary>
    /// <exception cref="ClipException">It is none, or others could ask and there is no key.</exception>
    public static IPAddress ParseAddress(string listen, string? apiKey)
    {
        var address = listen == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(listen, out var parsed) ? parsed : null;
        if (address is null)
        {
            throw new ClipException(
                $"--listen takes an address of this machine such as 127.0.0.1 (this machine alone) or 0.0.0.0 (all), and is '{listen}'.");
        }

        if (!IPAddress.IsLoopback(address) && apiKey is null)
        {
            throw new ClipException(
                $"At {listen} other machines can ask, and see the pictures of an index; give --api-key, or leave --listen out.");
        }

        return address;
    }

    /// <summary>The key of <c>--api-key</c>, or of the environment where that is not given.</summary>
    /// <exception cref="ClipException">It is too short to be a secret.</exception>
    public static string? ParseKey(string? option)
    {
        var key = option ?? Environment.GetEnvironmentVariable("CLIP_API_KEY");
        if (string.IsNullOrEmpty(key) && option is null) return null;
        return key is { Length: >= 16 } && !key.Any(c => c is <= ' ' or > '~')
            ? key
            : throw new ClipException(
                "An API key has 16 letters, digits and signs or more, and no spaces: 'openssl rand -hex 24' makes one.");
    }
}
