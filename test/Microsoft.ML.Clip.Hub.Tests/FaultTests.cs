using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.Clip.Hub.Tests.Server;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>Whatever the network and the server do: the whole file or one sentence.</summary>
public sealed class FaultTests : HubFixture
{
    private const int Rounds = 200;

    /// <summary>A model large enough for a connection to break in it.</summary>
    private HubRepo PublishLarge() => Publish(change: folder =>
        TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model.onnx"), ballast: 50_000));

    private static bool IsStorage(HttpRequest request) => request.QueryString.Value!.Contains("Signature", StringComparison.Ordinal);

    [Fact]
    public async Task ABrokenDownloadGoesOnWhereItBrokeOff()
    {
        var repo = PublishLarge();
        var vision = HubRepo.Sha256(repo.Files["onnx/vision_model.onnx"]);
        Server.Fault = request => request.Path.Value!.EndsWith(vision, StringComparison.Ordinal) ? new() { CutAfter = 90_000 } : null;
        await DownloadAsync();
        AssertNothingHalf(repo);
        Assert.Equal(
            [null, "bytes=90000-", "bytes=180000-"],
            Server.Seen.Where(s => s.IsStorage && s.Path.Contains(vision, StringComparison.Ordinal)).Select(s => s.Range));
    }

    /// <summary>What a killed process leaves.</summary>
    [Fact]
    public async Task AnEarlierProcesssPartIsGoneOnWith()
    {
        var repo = PublishLarge();
        var content = repo.Files["onnx/vision_model.onnx"];
        Directory.CreateDirectory(Path.Combine(TinyCache, "blobs"));
        File.WriteAllBytes(Path.Combine(TinyCache, "blobs", $"{HubRepo.Sha256(content)}.incomplete"), content[..70_000]);
        await DownloadAsync();
        AssertNothingHalf(repo);
        Assert.Contains(Server.Seen, s => s.Range == "bytes=70000-");
        Assert.Empty(Directory.GetFiles(Path.Combine(TinyCache, "blobs"), "*.incomplete"));
    }

    [Theory]
    [InlineData(0)] // of another file
    [InlineData(1_000_000)] // longer than the file
    public async Task APartThatIsNotTheFilesIsThrownAway(int length)
    {
        var repo = PublishLarge();
        Directory.CreateDirectory(Path.Combine(TinyCache, "blobs"));
        var part = Path.Combine(TinyCache, "blobs", $"{HubRepo.Sha256(repo.Files["onnx/vision_model.onnx"])}.incomplete");
        File.WriteAllBytes(part, length == 0 ? Encoding.ASCII.GetBytes("no model at all") : new byte[length]);
        await DownloadAsync();
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task AServerWithoutRangesSendsItAllAgain()
    {
        var repo = PublishLarge();
        var tries = 0;
        Server.Fault = request => !IsStorage(request) ? null
            : Interlocked.Increment(ref tries) % 2 == 1 ? new() { CutAfter = 500, IgnoresRange = true } : new() { IgnoresRange = true };
        await DownloadAsync();
        AssertNothingHalf(repo);
    }

    [Theory]
    [InlineData("onnx/vision_model.onnx")] // by SHA-256
    [InlineData("config.json")] // by git's SHA-1
    public async Task ADamagedFileIsTriedOnceMore(string path)
    {
        var repo = PublishLarge();
        var hash = HubRepo.Sha256(repo.Files[path]);
        bool IsIt(HttpRequest r) => r.Path.Value!.EndsWith(HubRepo.IsLarge(path) ? hash : $"/{path}", StringComparison.Ordinal);
        var tries = 0;
        Server.Fault = request => IsIt(request) && Interlocked.Increment(ref tries) == 1 ? new() { CorruptAt = 7 } : null;
        await DownloadAsync();
        AssertNothingHalf(repo);

        Server.Fault = request => IsIt(request) ? new() { CorruptAt = 7 } : null;
        Directory.Delete(Cache, recursive: true);
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.Corrupt, fault.Error);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task TooManyRequestsWaitAsLongAsTheServerAsks()
    {
        Publish();
        var tries = 0;
        Server.Fault = _ => Interlocked.Increment(ref tries) == 1
            ? new() { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "1" } } : null;
        var start = DateTime.UtcNow;
        await DownloadAsync();
        Assert.InRange(DateTime.UtcNow - start, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("Retry-After", "3600")]
    [InlineData("RateLimit", "\"api\";r=0;t=3600")]
    public async Task ALongWaitIsLeftToTheUser(string header, string value)
    {
        Publish();
        Server.Fault = _ => new() { Status = 429, Headers = new Dictionary<string, string> { [header] = value } };
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.RateLimited, fault.Error);
        Assert.Contains("try again in 3600 s, or give a token (HF_TOKEN)", fault.Message, StringComparison.Ordinal);
        Assert.Single(Server.Seen);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task AServersFaultIsTriedAgainAndThenTold(int status)
    {
        Publish();
        var tries = 0;
        Server.Fault = _ => Interlocked.Increment(ref tries) < 4 ? new() { Status = status } : null;
        await DownloadAsync();

        Server.Fault = _ => new() { Status = status };
        Directory.Delete(Cache, recursive: true);
        Server.Forget();
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.Unreachable, fault.Error);
        Assert.Equal(6, Server.Seen.Count);
    }

    [Fact]
    public async Task ASignatureThatHasRunOutIsRenewed()
    {
        var repo = Publish();
        var tries = 0;
        Server.Fault = request => IsStorage(request) && Interlocked.Increment(ref tries) <= 2 ? new() { Status = 403 } : null;
        await DownloadAsync();
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task AServerThatStallsIsLeftAndAskedAgain()
    {
        var repo = PublishLarge();
        var tries = 0;
        Server.Fault = request => IsStorage(request) && Interlocked.Increment(ref tries) == 1
            ? new() { CutAfter = 1000, Stall = TimeSpan.FromMinutes(1) } : null;
        await DownloadAsync(Options with { Timeout = TimeSpan.FromMilliseconds(300) });
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task CancellingStopsAndKeepsWhatHasArrived()
    {
        var repo = PublishLarge();
        Server.Fault = request => IsStorage(request) ? new() { CutAfter = 5000, Stall = TimeSpan.FromMinutes(1) } : null;
        using var cancel = new CancellationTokenSource();
        var download = ClipHub.DownloadAsync(Tiny, Options, cancel.Token);
        var blobs = Path.Combine(TinyCache, "blobs");
        await ArrivedAsync(5000);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        AssertNothingHalf(repo);
        Assert.Equal(5000, Directory.GetFiles(blobs, "*.incomplete").Max(f => new FileInfo(f).Length));

        Server.Fault = _ => null;
        await DownloadAsync();
        AssertNothingHalf(repo);
        Assert.Contains(Server.Seen, s => s.Range == "bytes=5000-");
    }

    [Fact]
    public async Task ACircleOfRedirectsEnds()
    {
        Publish();
        Server.Fault = request => new()
        {
            Status = 302,
            Headers = new Dictionary<string, string> { ["Location"] = request.Path + request.QueryString },
        };
        Assert.Contains("in a circle", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoAtOnceDownloadOnce()
    {
        var repo = PublishLarge();
        Server.Fault = request => IsStorage(request) ? new() { CutAfter = 120_000 } : null;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DownloadAsync()));
        AssertNothingHalf(repo);
        foreach (var file in Server.Seen.Where(s => s.IsStorage).GroupBy(s => (s.Path, s.Range))) Assert.Single(file);
    }

    /// <summary>Anything, anywhere, at once: each round ends in the whole model or in one sentence, and never in half a file.</summary>
    [Fact]
    public async Task TwoHundredRoundsOfFaultsEndWholeOrInASentence()
    {
        var repo = PublishLarge();
        var (whole, told) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            var harm = random.NextDouble() * 0.6;
            Server.Fault = request =>
            {
                lock (random) return random.NextDouble() < harm ? Draw(random, request) : null;
            };
            var options = Options with { Timeout = TimeSpan.FromMilliseconds(250) };
            try
            {
                var folder = await DownloadAsync(options);
                Assert.Equal(repo.Files["onnx/vision_model.onnx"], File.ReadAllBytes(Path.Combine(folder, "onnx", "vision_model.onnx")));
                whole++;
            }
            catch (ClipHubException fault)
            {
                AssertSentence(fault);
                told++;
            }

            AssertNothingHalf(repo);
            // Every other round goes on with what the one before has left.
            if (round % 2 == 0 && Directory.Exists(Cache)) Directory.Delete(Cache, recursive: true);
        }

        Assert.True(whole > 20 && told > 20, $"{whole} rounds were whole and {told} told a fault: one kind was hardly tried.");
    }

    private static ServerFault Draw(Random random, HttpRequest request)
    {
        static Dictionary<string, string> Header(string name, string value) => new() { [name] = value };
        var isList = request.Path.Value!.Contains("/tree/", StringComparison.Ordinal);
        return random.Next(13) switch
        {
            0 or 1 or 2 => new() { CutAfter = random.Next(150_000), IgnoresRange = random.Next(4) == 0, Resets = random.Next(2) == 0 },
            3 or 4 => new() { CorruptAt = random.Next(150_000) },
            5 => new() { Status = 429, Headers = Header("Retry-After", "0") },
            6 => new() { Status = 429, Headers = Header("Retry-After", "1000") },
            7 => new() { Status = 503 },
            8 => new() { Status = 302, Headers = Header("Location", request.Path + request.QueryString) },
            9 => new() { CutAfter = random.Next(1000), Stall = TimeSpan.FromSeconds(20) },
            10 => new() { Status = random.Next(4) == 0 ? 404 : 403 },
            11 => isList ? new() { Body = EvilList(random) } : new() { Headers = Header("X-Repo-Commit", "../../../evil") },
            _ => new() { Body = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<html>{random.Next()}</html>")) },
        };
    }

    private static byte[] EvilList(Random random)
    {
        string[] names =
            ["../../evil.onnx", "/etc/evil", "onnx/../../../evil.json", "C:\\evil", "..\\evil", "onnx//vision_model.onnx", "a\0b"];
        var entry = new { type = "file", oid = new string('a', 40), size = 3, path = names[random.Next(names.Length)] };
        var model = new { type = "file", oid = new string('b', 40), size = 3, path = "onnx/../onnx/vision_model.onnx" };
        return JsonSerializer.SerializeToUtf8Bytes(new[] { entry, model });
    }
}
