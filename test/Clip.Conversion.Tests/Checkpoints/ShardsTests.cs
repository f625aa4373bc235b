using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class ShardsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_in_shards_is_whole_again()
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        var huggingFace = NameMap.ToHuggingFace(weights).ToArray();
        SafetensorsWriter.Write(_folder["model-00001-of-00002.safetensors"], huggingFace[..10]);
        SafetensorsWriter.Write(_folder["model-00002-of-00002.safetensors"], huggingFace[10..]);
        Index(string.Join(',', huggingFace.Select((w, i) => $"\"{w.Key}\":\"model-0000{(i < 10 ? 1 : 2)}-of-00002.safetensors\"")));

        SameWeights.Assert(weights, CheckpointFile.Load(_folder.Path));
        using var opened = CheckpointFile.Open(_folder["model.safetensors.index.json"]);
        Assert.Equal(2, opened.Files.Count);
        SameWeights.Assert(weights, opened.Weights);
    }

    [Theory]
    [InlineData("\"a\":\"../a.safetensors\"", "outside of its folder")]
    [InlineData("\"a\":\"/etc/passwd\"", "outside of its folder")]
    [InlineData("\"a\":\"..\"", "outside of its folder")]
    [InlineData("\"a\":\"\"", "outside of its folder")]
    [InlineData("\"a\":\"absent.safetensors\"", "lists the shard absent.safetensors, which is not beside it")]
    [InlineData("\"a\":1", "is not a list of shards")]
    [InlineData("", "lists no shards")]
    public void A_list_that_leads_elsewhere_is_refused(string map, string message)
    {
        Index(map);

        Refused.With(message, () => CheckpointFile.Open(_folder.Path));
    }

    [Fact]
    public void A_tensor_in_two_shards_is_refused()
    {
        var tensor = new WeightTensor([1], new[] { 1f });
        foreach (var shard in new[] { "a", "b" }) SafetensorsWriter.Write(_folder[$"{shard}.safetensors"], [new("w", tensor)]);
        Index("\"v\":\"a.safetensors\",\"w\":\"b.safetensors\"");

        Refused.With("tensor 'w' is in another shard too", () => CheckpointFile.Open(_folder.Path));
    }

    private void Index(string map) =>
        File.WriteAllText(_folder["model.safetensors.index.json"], "{\"metadata\":{},\"weight_map\":{" + map + "}}");
}
