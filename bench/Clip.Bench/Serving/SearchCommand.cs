using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary><c>search</c>: our exact search beside Faiss' over the same rows, in turns.</summary>
internal static class SearchCommand
{
    private const int Top = 10;

    public static Command Create()
    {
        var python = new Option<string>("--python") { Description = "A Python that has Faiss.", DefaultValueFactory = _ => "python3" };
        var script = new Option<string>("--script")
        {
            Description = "The script that runs Faiss.",
            DefaultValueFactory = _ => Path.Combine("bench", "faiss", "time.py"),
        };
        var rows = new Option<int[]>("--rows")
        {
            Description = "Pictures in the index.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [100_000, 1_000_000],
        };
        var dimension = new Option<int>("--dimension") { Description = "Length of an embedding.", DefaultValueFactory = _ => 512 };
        var queries = new Option<int>("--queries") { Description = "Searches of a round.", DefaultValueFactory = _ => 32 };
        var rounds = ContestOptions.Rounds(7);
        var folder = new Option<string>("--folder")
        {
            Description = "Takes the files meanwhile: 5 GB for a million rows.",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var approximate = new Option<bool>("--approximate") { Description = "Measures approximate search, too, which takes long." };
        var command = new Command("search", "Times exact search beside Faiss'.")
        {
            python, script, rows, dimension, queries, rounds, folder, approximate,
        };
        command.SetAction(parsed =>
        {
            Console.WriteLine($"{Environment.ProcessorCount} threads, {Bandwidth():F1} GB/s read by all of them together");
            Console.WriteLine("| pictures | queries | ours, ms | Faiss, ms | times as fast | recall of ours | codes read, GB/s |");
            Console.WriteLine("|---|---|---:|---:|---:|---:|---:|");
            foreach (var count in parsed.GetValue(rows)!)
            {
                using var data = new Data(parsed.GetValue(folder)!, count, parsed.GetValue(dimension), parsed.GetValue(queries));
                Run(data, parsed.GetValue(python)!, parsed.GetValue(script)!, parsed.GetValue(rounds));
                if (parsed.GetValue(approximate)) Approximate(data);
            }
        });
        return command;
    }

    private static void Run(Data data, string python, string script, int rounds)
    {
        using var index = ClipImageIndex.Open(data.Index);
        using var faiss = new Faiss(python, script, data);
        var recall = Recall(index, data, faiss);
        var found = 0;
        foreach (var together in new[] { false, true })
        {
            var results = Contest.Run(
            [
                Entrant.Of("ours", data.Queries.Length, () =>
                {
                    if (together) found += index.SearchMany([.. data.Queries.Select(query => (ReadOnlyMemory<float>)query)]).Count;
                    else foreach (var query in data.Queries) found += index.Search(query).Count;
                }),
                new Entrant("Faiss", data.Queries.Length, () => faiss.Time(together ? "together" : "one")),
            ], rounds);
            var milliseconds = 1000 / results[0].Median;
            var read = together ? "" : $"{(double)data.Rows * data.Dimension / milliseconds / 1e6:F1}";
            var how = together ? $"{data.Queries.Length} together" : "one by one";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {data.Rows} × {data.Dimension} | {how} | {milliseconds:F2} | {1000 / results[1].Median:F2} (Faiss {faiss.Version}) ")
                + string.Create(CultureInfo.InvariantCulture, $"| {results[0].Over(results[1]):F2} | {recall:F3} | {read} |"));
        }

        GC.KeepAlive(found);
    }

    /// <summary>What the graph costs, and what it finds of the exact best.</summary>
    private static void Approximate(Data data)
    {
        using var index = ClipImageIndex.Open(data.Index);
        var watch = Stopwatch.StartNew();
        index.BuildApproximate();
        var built = watch.Elapsed;
        var options = new ClipSearchOptions { Approximate = true };
        index.Search(data.Queries[0], options);
        var hits = 0;
        watch.Reset();
        foreach (var query in data.Queries)
        {
            watch.Start();
            var found = index.Search(query, options);
            watch.Stop();
            hits += found.Select(picture => picture.Id).Intersect(index.Search(query).Select(picture => picture.Id)).Count();
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"approximate, {data.Rows} × {data.Dimension}: built in {built.TotalSeconds:F0} s, ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{new FileInfo(data.Index + ".hnsw").Length / 1e6:F0} MB, ")
            + string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMilliseconds / data.Queries.Length:F2} ms a search, ")
            + string.Create(CultureInfo.InvariantCulture, $"recall@10 {hits / (10.0 * data.Queries.Length):F3}"));
    }

    /// <summary>The share of Faiss' best that ours has; of rows whose scores are the same to rounding, either counts.</summary>
    private static double Recall(ClipImageIndex index, Data data, Faiss faiss)
    {
        var theirs = faiss.Ids();
        var hits = 0;
        for (var i = 0; i < data.Queries.Length; i++)
        {
            var ours = index.Search(data.Queries[i]);
            var ids = ours.Select(found => found.Id).ToHashSet();
            hits += theirs.Skip(i * Top).Take(Top).Count(id => ids.Contains(id)
                || TensorPrimitives.Dot<float>(index.GetEmbedding(id), data.Queries[i]) <= ours[^1].Score + 1e-6f);
        }

        return hits / (double)theirs.Length;
    }

    /// <summary>What all cores together read of memory that no cache holds, in GB/s.</summary>
    private static unsafe double Bandwidth()
    {
        const long part = 1L << 29;
        var threads = Environment.ProcessorCount;
        var memory = (float*)NativeMemory.AllocZeroed((nuint)(part * threads));
        try
        {
            var best = 0.0;
            for (var round = 0; round < 4; round++)
            {
                var watch = Stopwatch.StartNew();
                Parallel.For(0, threads, i =>
                {
                    var floats = new ReadOnlySpan<float>(memory + i * part / sizeof(float), (int)(part / sizeof(float)));
                    if (TensorPrimitives.Max(floats) != 0 && round == 0) throw new InvalidOperationException("Zeros were asked for.");
                });
                best = Math.Max(best, part * threads / watch.Elapsed.TotalSeconds / 1e9);
            }

            return best;
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    /// <summary>Vectors with traits of CLIP's: they share a direction, come in clusters, and queries lie aside.</summary>
    private sealed class Data : IDisposable
    {
        private readonly string _folder;

        public Data(string folder, int rows, int dimension, int queries)
        {
            (Rows, Dimension) = (rows, dimension);
            _folder = Directory.CreateDirectory(Path.Combine(folder, $"clip-bench-search-{Guid.NewGuid():N}")).FullName;
            var random = new Random(1);
            var common = Normal(random, dimension);
            var clusters = Enumerable.Range(0, 1000).Select(_ => Normal(random, dimension)).ToArray();
            using (var file = new FileStream(File("rows"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                using var index = ClipImageIndex.Create(Index, "bench", dimension);
                for (var i = 0; i < rows; i++)
                {
                    var row = Mix(common, 1, clusters[random.Next(clusters.Length)], 0.8f, Normal(random, dimension), 0.6f);
                    file.Write(MemoryMarshal.AsBytes<float>(row));
                    index.Add(new ClipIndexEntry(i.ToString(CultureInfo.InvariantCulture)), row);
                }

                index.Save();
            }

            var aside = Normal(random, dimension);
            Queries =
            [
                .. Enumerable.Range(0, queries)
                    .Select(_ => Mix(aside, 2, clusters[random.Next(clusters.Length)], 1, Normal(random, dimension), 0.6f)),
            ];
            using var asked = new FileStream(File("queries"), FileMode.CreateNew);
            foreach (var query in Queries) asked.Write(MemoryMarshal.AsBytes<float>(query));
        }

        public int Rows { get; }

        public int Dimension { get; }

        public float[][] Queries { get; }

        public string Index => File("index");

        public string File(string kind) => Path.Combine(_folder, $"{kind}.f32");

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private static float[] Mix(float[] a, float x, float[] b, float y, float[] c, float z)
        {
            var sum = new float[a.Length];
            for (var j = 0; j < sum.Length; j++) sum[j] = x * a[j] + y * b[j] + z * c[j];
            TensorPrimitives.Divide(sum, TensorPrimitives.Norm<float>(sum), sum);
            return sum;
        }

        private static float[] Normal(Random random, int dimension)
        {
            var values = new float[dimension];
            for (var j = 0; j < dimension; j++)
            {
                // The sum of 4 even ones: near enough, and quick for half a billion.
                values[j] = 1.732f * (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2);
            }

            return values;
        }
    }

    /// <summary>A Python process that waits for its turns and times itself.</summary>
    private sealed class Faiss : IDisposable
    {
        private readonly Process _process;

        public Faiss(string python, string script, Data data)
        {
            var start = new ProcessStartInfo(
                python, [script, data.File("rows"), data.File("queries"), $"{data.Dimension}", $"{Top}", $"{Environment.ProcessorCount}"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            start.Environment["OMP_NUM_THREADS"] = $"{Environment.ProcessorCount}";
            start.Environment["OPENBLAS_NUM_THREADS"] = $"{Environment.ProcessorCount}";
            start.Environment.Remove("OMP_WAIT_POLICY");
            _process = Process.Start(start)!;
            Version = Answer();
        }

        public string Version { get; }

        public TimeSpan Time(string kind)
        {
            _process.StandardInput.WriteLine(kind);
            return TimeSpan.FromSeconds(double.Parse(Answer(), CultureInfo.InvariantCulture));
        }

        public string[] Ids()
        {
            _process.StandardInput.WriteLine("ids");
            return Answer().Split(' ');
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }

        private string Answer() => _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("Faiss' process ended early; its message is above.");
    }
}
