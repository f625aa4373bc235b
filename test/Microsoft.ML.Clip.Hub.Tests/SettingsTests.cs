namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>The variables that Hugging Face documents for its clients, and names.</summary>
public sealed class SettingsTests
{
    private static readonly string Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static HubSettings Settings(ClipHubOptions? options = null, params (string Name, string Value)[] variables) =>
        HubSettings.From(options ?? new(), name => variables.FirstOrDefault(v => v.Name == name).Value);

    [Fact]
    public void WithoutAnyTheCacheIsWherePythonHasIt()
    {
        var settings = Settings();
        Assert.Equal(Path.Combine(Home, ".cache", "huggingface", "hub"), settings.CacheFolder);
        Assert.Equal("https://huggingface.co/", settings.Endpoint.AbsoluteUri);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Timeout);
    }

    [Theory]
    [InlineData("/x/huggingface/hub", "XDG_CACHE_HOME", "/x")]
    [InlineData("/h/hub", "HF_HOME", "/h", "XDG_CACHE_HOME", "/x")]
    [InlineData("/old", "HUGGINGFACE_HUB_CACHE", "/old", "HF_HOME", "/h")]
    [InlineData("/c", "HF_HUB_CACHE", "/c", "HUGGINGFACE_HUB_CACHE", "/old", "HF_HOME", "/h")]
    [InlineData("/h/hub", "HF_HUB_CACHE", "", "HF_HOME", "/h")]
    public void TheCacheIsFoundAsPythonFindsIt(string expected, params string[] variables) =>
        Assert.Equal(Path.GetFullPath(expected), Settings(null, [.. variables.Chunk(2).Select(v => (v[0], v[1]))]).CacheFolder);

    [Fact]
    public void ATildeIsTheUsersFolder() => Assert.Equal(Path.Combine(Home, "hf", "hub"), Settings(null, ("HF_HOME", "~/hf")).CacheFolder);

    [Fact]
    public void TheTokenIsTheVariablesElseTheStoredOne()
    {
        using var home = new TempFolder();
        home.Write("token", "hf_stored\n");
        Assert.Equal("hf_stored", Settings(null, ("HF_HOME", home.Path)).Token);
        Assert.Equal("hf_set", Settings(null, ("HF_HOME", home.Path), ("HF_TOKEN", " hf_set\r\n")).Token);
        Assert.Equal("hf_own", Settings(new() { Token = "hf_own" }, ("HF_HOME", home.Path), ("HF_TOKEN", "hf_set")).Token);
        Assert.Null(Settings(new() { Token = "" }, ("HF_HOME", home.Path)).Token);
        Assert.Null(Settings(null, ("HF_HOME", home.Path), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token);
        Assert.Equal("hf_elsewhere", Settings(null, ("HF_TOKEN_PATH", home.Write("other", "hf_elsewhere"))).Token);
    }

    [Fact]
    public void ATokenWithOtherCharactersIsRefusedWithoutRepeatingIt()
    {
        var fault = Assert.Throws<ClipHubException>(() => Settings(null, ("HF_TOKEN", "hf_géheim")));
        Assert.DoesNotContain("heim", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void OfflineIsSaidInTheHubsWords(string value, bool isOffline)
    {
        Assert.Equal(isOffline, Settings(null, ("HF_HUB_OFFLINE", value)).Offline);
        Assert.False(Settings(new() { Offline = false }, ("HF_HUB_OFFLINE", value)).Offline);
    }

    [Fact]
    public void AnEndpointMayEndInASlash()
    {
        var settings = Settings(null, ("HF_ENDPOINT", "https://hub.example.com/hf/"));
        Assert.Equal("https://hub.example.com/hf/api/models/a", settings.At("api/models/a").AbsoluteUri);
    }

    [Fact]
    public void ATimeoutThatIsNoNumberIsRefused() =>
        Assert.Contains("HF_HUB_DOWNLOAD_TIMEOUT is 'soon'", Assert.Throws<ArgumentException>(() =>
            Settings(null, ("HF_HUB_DOWNLOAD_TIMEOUT", "soon"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Xenova/clip-vit-base-patch32", "Xenova/clip-vit-base-patch32")]
    [InlineData("hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K")]
    [InlineData("https://huggingface.co/openai/clip-vit-base-patch32/", "openai/clip-vit-base-patch32")]
    [InlineData("clip-vit-b-32", "Xenova/clip-vit-base-patch32")]
    [InlineData("CLIP-ViT-B-32", "Xenova/clip-vit-base-patch32")]
    [InlineData("ViT-B-32:laion2b_s34b_b79k", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K")]
    [InlineData("ViT-B-32:laion2b-s34b-b79k", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K")]
    [InlineData("ViT-B-16-SigLIP:webli", "timm/ViT-B-16-SigLIP")]
    [InlineData("ViT-B-32-quickgelu:metaclip_400m", "timm/vit_base_patch32_clip_224.metaclip_400m")]
    public void ANameIsARepository(string name, string repository) => Assert.Equal(repository, PretrainedName.Parse(name).Repository);

    [Theory]
    [InlineData("openai:ViT-B/32", "ViT-B-32.pt")]
    [InlineData("openai:vit-b-32", "ViT-B-32.pt")]
    [InlineData("openai:ViT-L/14@336px", "ViT-L-14-336px.pt")]
    [InlineData("openai:ViT-L-14-336", "ViT-L-14-336px.pt")]
    [InlineData("openai:RN50x4", "RN50x4.pt")]
    public void OpenAIsArchivesHaveTheirOwnNames(string name, string file)
    {
        var archive = PretrainedName.Parse(name).Archive!;
        Assert.Equal(file, archive.FileName);
        Assert.Equal($"https://openaipublic.azureedge.net/clip/models/{archive.Sha256}/{file}", archive.Address.AbsoluteUri);
    }

    [Theory]
    [InlineData("ViT-B-32:laion3b", "laion2b_s34b_b79k")]
    [InlineData("ViT-Z:openai", "ViT-B-32:laion2b_s34b_b79k")]
    [InlineData("openai:ViT-Z", "openai:ViT-B/32")]
    [InlineData("rex", "Xenova/clip-vit-base-patch32")]
    [InlineData("../../etc/passwd", "Xenova/clip-vit-base-patch32")]
    [InlineData("a/b/c", "Xenova/clip-vit-base-patch32")]
    [InlineData("a/..", "Xenova/clip-vit-base-patch32")]
    [InlineData("a--b/c", "Xenova/clip-vit-base-patch32")]
    public void WhatIsNoNameIsToldWhatWouldBe(string name, string told) =>
        Assert.Contains(told, Assert.Throws<ArgumentException>(() => PretrainedName.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void KnownModelsHaveNamesAndPlausibleFacts()
    {
        Assert.Equal(ClipHub.KnownModels.Count, ClipHub.KnownModels.Select(m => m.Name).Distinct().Count());
        Assert.Contains(ClipHub.KnownModels, m => m.Repository == ClipHub.DefaultModel && !m.IsConverted);
        Assert.All(ClipHub.KnownModels, m =>
        {
            Assert.True(HubNames.IsRepository(m.Repository), m.Repository);
            Assert.InRange(m.ImageNetTop1 ?? 50, 50, 90);
            Assert.InRange(m.Dimension ?? 512, 512, 1280);
            Assert.InRange(m.Parameters ?? 50, 50, 3000);
        });
    }
}
