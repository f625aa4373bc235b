using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Clip.EndToEnd.Tests;

/// <summary>A cluster of this machine alone, run by Slurm's own daemons, with ports, keys and files of its own.</summary>
internal sealed class SlurmNode : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<ChildProcess> _daemons = [];
    private readonly Dictionary<string, string> _variables;

    private SlurmNode()
    {
        var (user, host) = (Environment.UserName, Dns.GetHostName().Split('.')[0]);
        var (control, node) = (FreePort(), FreePort());
        foreach (var name in new[] { "state", "spool" }) Directory.CreateDirectory(_folder[name]);
        File.WriteAllBytes(_folder["key"], System.Security.Cryptography.RandomNumberGenerator.GetBytes(128));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var conf = _folder.Write("slurm.conf", $"""
            ClusterName=clip
            SlurmctldHost={host}(127.0.0.1)
            SlurmUser={user}
            SlurmdUser={user}
            AuthType=auth/munge
            AuthInfo=socket={_folder["munge"]}
            CredType=cred/munge
            CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
            StateSaveLocation={_folder["state"]}
            SlurmdSpoolDir={_folder["spool"]}
            SlurmctldPidFile={_folder["slurmctld.pid"]}
            SlurmdPidFile={_folder["slurmd.pid"]}
            SlurmctldPort={control}
            SlurmdPort={node}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            MpiDefault=none
            NodeName={host} NodeAddr=127.0.0.1 CPUs={Environment.ProcessorCount} State=UNKNOWN
            PartitionName=all Nodes=ALL Default=YES State=UP

            """);
        _variables = new Dictionary<string, string>(Mpirun.Variables) { ["SLURM_CONF"] = conf };
    }

    /// <summary>Starts it; skips the test where Slurm is not installed.</summary>
    public static async Task<SlurmNode> StartAsync()
    {
        Mpirun.Require();
        string[] programs = ["munged", "slurmctld", "slurmd", "srun", "salloc"];
        Skip.If(programs.Any(name => Find(name) is null), "Slurm is not installed (Debian: slurm-wlm and libpmix-dev)");
        var node = new SlurmNode();
        try
        {
            await node.StartDaemonsAsync();
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Runs a program of Slurm's.</summary>
    public async Task<Outcome> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = ChildProcess.Start(Find(program)!, _folder.Path, arguments, _variables);
        var outcome = await process.FinishAsync();
        // Its PMIx asks for a library by the name that only the package for developers has.
        Skip.If(outcome.Error.Contains("can not load PMIx library", StringComparison.Ordinal), "PMIx is missing (Debian: libpmix-dev)");
        return outcome;
    }

    public void Dispose()
    {
        foreach (var daemon in Enumerable.Reverse(_daemons)) daemon.Dispose();
        _folder.Dispose();
    }

    private async Task StartDaemonsAsync()
    {
        Start(
            "munged", "--foreground", "--force", $"--key-file={_folder["key"]}", $"--socket={_folder["munge"]}",
            $"--pid-file={_folder["munge.pid"]}", $"--seed-file={_folder["munge.seed"]}", $"--log-file={_folder["munge.log"]}");
        while (!File.Exists(_folder["munge"])) await Task.Delay(50);
        Start("slurmctld", "-D");
        Start("slurmd", "-D");
        for (var patience = 0; patience < 300; patience++)
        {
            if ((await RunAsync("sinfo", "-h", "-o", "%T")).Output.Trim() == "idle") return;
            await Task.Delay(100);
        }

        Assert.Fail("Slurm's node never became idle.");
    }

    private void Start(string daemon, params string[] arguments) =>
        _daemons.Add(ChildProcess.Start(Find(daemon)!, _folder.Path, arguments, _variables));

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Append("/usr/sbin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
