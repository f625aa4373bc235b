using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using SkiaSharp;

namespace Clip.Bench;

/// <summary><c>serve</c>: what clip serve answers many clients at once, with dynamic batching and without.</summary>
internal static class ServeCommand
{
    private const int Inputs = 512;
    private static readonly string[] Words =
        "red green blue small large old new bright dark wooden metal stone paper glass round dog cat car house tree boat bird".Split(' ');

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder, such as 'init' writes." };
        var clients = new Option<int>("--clients")
        {
            Description = "Clients, each of which asks when it was answered.",
            DefaultValueFactory = _ => 16,
        };
        var seconds = new Option<int>("--seconds") { Description = "How long each is measured.", DefaultValueFactory = _ => 15 };
        var batches = new Option<int[]>("--max-batch")
        {
            Description = "What clip serve is given as --max-batch, in turns.",
            DefaultValueFactory = _ => [1, 32],
            AllowMultipleArgumentsPerToken = true,
        };
        var rounds = new Option<int>("--rounds") { Description = "Turns.", DefaultValueFactory = _ => 2 };
        var command = new Command("serve", "Measures clip serve with and without dynamic batching, under load.")
        {
            folder, clients, seconds, batches, rounds,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            Console.WriteLine("| inputs | --max-batch | requests/s | p50 ms | p99 ms | not answered | MB, first to last |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            for (var round = 0; round < parsed.GetValue(rounds); round++)
                foreach (var kind in new[] { "texts", "pictures" })
                    foreach (var batch in parsed.GetValue(batches)!)
                    {
                        var line = await MeasureAsync(
                            parsed.GetValue(folder)!, kind, batch, parsed.GetValue(clients), TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                            cancellation).ConfigureAwait(false);
                        Console.WriteLine(line);
                    }
        });
        return command;
    }

    private static async Task<string> MeasureAsync(
        string folder, string kind, int batch, int clients, TimeSpan time, CancellationToken cancellation)
    {
        using var server = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "clip.dll"), "serve", "--model", folder, "--port", "0",
                "--max-batch", batch.ToString(CultureInfo.InvariantCulture),
            ])
        { RedirectStandardOutput = true })!;
        try
        {
            var told = await server.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false)
                ?? throw new InvalidOperationException("clip serve has ended.");
            var address = new Uri(told.Split(' ').Single(word => word.StartsWith("http", StringComparison.Ordinal)));
            string[] inputs = [.. Enumerable.Range(0, Inputs).Select(i => kind == "texts" ? Text(i) : Picture(i))];
            await LoadAsync(address, inputs, clients, TimeSpan.FromSeconds(2), cancellation).ConfigureAwait(false);
            var before = Memory(server);
            var (latencies, failed, took) = await LoadAsync(address, inputs, clients, time, cancellation).ConfigureAwait(false);
            latencies.Sort();
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {kind} | {batch} | {latencies.Count / took.TotalSeconds:F1} | {At(0.5):F1} | {At(0.99):F1} | {failed} "
                + $"| {before} to {Memory(server)} |");

            double At(double share) => latencies.Count == 0 ? double.NaN : latencies[(int)(share * (latencies.Count - 1))];
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<(List<double> Latencies, int Failed, TimeSpan Took)> LoadAsync(
        Uri address, string[] inputs, int clients, TimeSpan time, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = address };
        var start = Stopwatch.GetTimestamp();
        var (next, failed) = (0, 0);
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(
            async () =>
            {
                var latencies = new List<double>();
                while (Stopwatch.GetElapsedTime(start) < time)
                {
                    var asked = Stopwatch.GetTimestamp();
                    var input = inputs[Interlocked.Increment(ref next) % inputs.Length];
                    var question = new { input, encoding_format = "base64" };
                    using var answer = await client.PostAsJsonAsync("v1/embeddings", question, cancellation).ConfigureAwait(false);
                    await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
                    if (answer.IsSuccessStatusCode) latencies.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                    else Interlocked.Increment(ref failed);
                }

                return latencies;
            },
            cancellation))).ConfigureAwait(false);
        return ([.. all.SelectMany(latencies => latencies)], failed, Stopwatch.GetElapsedTime(start));
    }

    private static string Text(int index)
    {
        var random = new Random(index);
        return string.Join(' ', Enumerable.Range(0, 4 + (index % 5)).Select(_ => Words[random.Next(Words.Length)]));
    }

    /// <summary>A picture of an icon's size, so that decoding is no large part of it.</summary>
    private static string Picture(int index)
    {
        using var bitmap = new SKBitmap(224, 224);
        using (var canvas = new SKCanvas(bitmap))
        {
            var random = new Random(index);
            using var paint = new SKPaint();
            for (var i = 0; i < 12; i++)
            {
                paint.Color = new SKColor((uint)random.NextInt64(0xff000000, 0x100000000));
                canvas.DrawCircle(random.Next(224), random.Next(224), random.Next(10, 80), paint);
            }
        }

        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        return $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg.ToArray())}";
    }

    private static long Memory(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 >> 20;
    }
}
