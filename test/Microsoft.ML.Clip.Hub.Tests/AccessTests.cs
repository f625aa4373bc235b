using System.Text;
using Microsoft.ML.Clip.Hub.Tests.Server;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>Repositories that are not there, not for all, or elsewhere; and what nobody gets to see.</summary>
public sealed class AccessTests : HubFixture
{
    private ClipHubOptions WithToken => Options with { Token = HubServer.Token };

    [Fact]
    public async Task AGatedModelSaysWhereToAcceptAndHowToGiveAToken()
    {
        Publish().IsGated = true;
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.AccessDenied, fault.Error);
        Assert.Contains($"accept its conditions at {Server.Endpoint}tiny/clip, then give a token", fault.Message, StringComparison.Ordinal);
        Assert.Contains("HF_TOKEN", fault.Message, StringComparison.Ordinal);
        await DownloadAsync(WithToken);
    }

    [Fact]
    public async Task AMissingOrPrivateModelSaysBoth()
    {
        Publish("tiny/secret").IsPrivate = true;
        var missing = await FailAsync(model: "tiny/none");
        Assert.Equal(ClipHubError.RepositoryNotFound, missing.Error);
        Assert.Equal(missing.Message.Replace("none", "secret"), (await FailAsync(model: "tiny/secret")).Message);
        Assert.Equal(ClipHubError.RepositoryNotFound, (await FailAsync(WithToken, "tiny/none")).Error);
        await ClipHub.DownloadAsync("tiny/secret", WithToken);
    }

    [Fact]
    public async Task AMissingRevisionIsNamed()
    {
        Publish();
        var fault = await FailAsync(Options with { Revision = "v9" });
        Assert.Equal(ClipHubError.RevisionNotFound, fault.Error);
        Assert.Contains("tiny/clip has no revision 'v9'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsListedAndNotThereIsNamed()
    {
        Publish();
        Server.Fault = request => request.Path.Value!.EndsWith("/config.json", StringComparison.Ordinal)
            ? new() { Status = 404, Headers = new Dictionary<string, string> { ["X-Error-Code"] = "EntryNotFound" } } : null;
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.FileNotFound, fault.Error);
        Assert.Contains("has no file 'config.json'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATokenThatIsNoneIsSaidToBe()
    {
        Publish();
        var fault = await FailAsync(Options with { Token = "hf_bad" });
        Assert.Equal(ClipHubError.AccessDenied, fault.Error);
        Assert.Contains("does not accept the token", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_bad", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARenamedModelIsFoundUnderItsFormerName()
    {
        Publish("tiny/new");
        Server.Rename(Tiny, "tiny/new");
        var folder = await DownloadAsync(WithToken);
        Assert.Contains("models--tiny--clip", folder, StringComparison.Ordinal);
        Assert.All(Server.Seen.Where(s => !s.IsStorage), s => Assert.Equal(HubServer.Token, s.Token));
    }

    /// <summary>The storage refuses a request that has one, as the real one does.</summary>
    [Fact]
    public async Task TheTokenGoesToTheHubAlone()
    {
        Publish();
        await DownloadAsync(WithToken);
        Assert.Contains(Server.Seen, s => s.IsStorage);
        Assert.All(Server.Seen, s => Assert.Equal(s.IsStorage ? null : HubServer.Token, s.Token));
    }

    [Fact]
    public async Task ANextPageElsewhereIsNotAskedFor()
    {
        Publish();
        await using var other = await HubServer.StartAsync();
        Server.Fault = request => request.Path.Value!.Contains("/tree/", StringComparison.Ordinal)
            ? new() { Headers = new Dictionary<string, string> { ["Link"] = $"<{other.Endpoint}api/models/x>; rel=\"next\"" } } : null;
        await FailAsync(WithToken);
        Assert.Empty(other.Seen);
    }

    [Theory]
    [InlineData("../evil.onnx")]
    [InlineData("onnx/../../../evil.onnx")]
    [InlineData("/tmp/evil.onnx")]
    [InlineData("..\\evil.onnx")]
    [InlineData("C:evil.onnx")]
    [InlineData("\\\\host\\share\\evil.onnx")]
    [InlineData("a\nb.onnx")]
    public async Task ANameThatLeavesTheSnapshotIsRefused(string name)
    {
        Publish();
        var repository = await HubRepository.OpenAsync(new HubClient(HubSettings.From(Options)), Tiny, Options, CancellationToken.None);
        var file = repository.Files[0] with { Path = name };
        var fault = await Assert.ThrowsAsync<ClipHubException>(() => repository.DownloadAsync([file], CancellationToken.None));
        Assert.Equal(ClipHubError.Unsafe, fault.Error);
        AssertSentence(fault);
        Assert.DoesNotContain(Server.Seen, s => s.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    public async Task AHashThatIsNoneIsRefused(string oid)
    {
        Publish();
        var list = $$"""[{"type": "file", "path": "onnx/model.onnx", "size": 3, "oid": "{{oid}}"}]""";
        Server.Fault = request => request.Path.Value!.Contains("/tree/", StringComparison.Ordinal)
            ? new() { Body = Encoding.UTF8.GetBytes(list) } : null;
        Assert.Contains("does not answer as the Hugging Face hub does", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"sha\": \"../../evil\"}")]
    [InlineData("{\"sha\": 7}")]
    [InlineData("[]")]
    [InlineData("<html>Sign in to the hotel's network</html>")]
    public async Task AServerThatIsNoHubIsSaidToBe(string body)
    {
        Server.Fault = _ => new() { Body = Encoding.UTF8.GetBytes(body) };
        Assert.Contains("does not answer as the Hugging Face hub does", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("W/\"{0}\"")]
    [InlineData("{0}")]
    public async Task WeakAndBareETagsNameTheSameFile(string form)
    {
        var repo = Publish();
        Server.ETag = etag => string.Format(System.Globalization.CultureInfo.InvariantCulture, form, etag);
        await DownloadAsync();
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task AFileOtherThanTheListedOneIsRefused()
    {
        Publish();
        Server.ETag = _ => $"\"{new string('0', 64)}\"";
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.Corrupt, fault.Error);
        Assert.Contains("is another file than the repository's list says", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Nothing is sent: neither name can be resolved.</summary>
    [Theory]
    [InlineData("http://hub.invalid")]
    [InlineData("ftp://hub.invalid")]
    [InlineData("http://127.0.0.1.hub.invalid")]
    public async Task PlainHttpIsForThisMachineAlone(string endpoint)
    {
        var fault = await FailAsync(Options with { Endpoint = new Uri(endpoint) });
        Assert.Equal(ClipHubError.Unsafe, fault.Error);
        Assert.Contains("https", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARedirectToPlainHttpElsewhereIsNotFollowed()
    {
        Publish();
        Server.Fault = request => request.Path.Value!.Contains("/resolve/", StringComparison.Ordinal)
            ? new() { Status = 302, Headers = new Dictionary<string, string> { ["Location"] = "http://storage.invalid/x" } } : null;
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.Unsafe, fault.Error);
        Assert.Contains("is redirected to http://storage.invalid/x", fault.Message, StringComparison.Ordinal);
    }
}
