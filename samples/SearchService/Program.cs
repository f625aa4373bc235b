// GET /search?text=a+dog: the pictures in photos/ that lie nearest to the text. The model and the index are shared by all requests.
using System.Numerics.Tensors;
using Microsoft.ML.Clip;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(_ => ClipModel.Open("model"));
builder.Services.AddSingleton<PictureIndex>();
var app = builder.Build();

app.MapGet("/search", (string text, PictureIndex index) => index.Search(text, count: 5));
app.Run();

internal sealed record Found(string Picture, float Similarity);

internal sealed class PictureIndex
{
    private readonly ClipModel _model;
    private readonly string[] _pictures;
    private readonly float[][] _embeddings;

    public PictureIndex(ClipModel model)
    {
        _model = model;
        _pictures = [.. Directory.EnumerateFiles("photos", "*.jpg", SearchOption.AllDirectories).Order()];
        _embeddings = model.EmbedImages(_pictures);
    }

    public IEnumerable<Found> Search(string text, int count)
    {
        var query = _model.EmbedText(text);
        return _pictures.Zip(_embeddings, (picture, embedding) => new Found(picture, TensorPrimitives.Dot(embedding, query)))
            .OrderByDescending(found => found.Similarity)
            .Take(count);
    }
}
