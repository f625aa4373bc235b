namespace Clip.Trainer.Tests.Rooms;

/// <summary>A folder of a project, or the files beside its project file.</summary>
/// <param name="Folder">Relative to the project; <see cref="RoomGraph.Root"/> for the project's own.</param>
/// <param name="Purpose">What it is for, in a few words.</param>
internal sealed record Room(string Folder, string Purpose);

/// <summary>A project and its rooms.</summary>
/// <param name="Name">Its folder in <c>src</c>.</param>
/// <param name="Purpose">What it is for, in a few words.</param>
/// <param name="Rooms">From the highest to the lowest: a room may use those below it, and no other.</param>
internal sealed record ProjectRooms(string Name, string Purpose, IReadOnlyList<Room> Rooms)
{
    /// <summary>Uses of a higher room that still stand, as "from → to". Nothing may be added.</summary>
    public IReadOnlyList<string> Exceptions { get; init; } = [];

    /// <summary>Every project, from the lowest to the highest.</summary>
    public static IReadOnlyList<ProjectRooms> All { get; } =
    [
        new(
            "Microsoft.ML.Clip", "using models in ML.NET: no TorchSharp, no conversion",
            [
                new(RoomGraph.Root, "what a user starts from: the catalog's methods"),
                new("Averaging", "the scores of several classifiers as one: estimator, transformer, columns"),
                new("FewShot", "classification by examples and labels: estimator, transformer, what is kept"),
                new("ZeroShot", "classification by labels: estimator, transformer, columns"),
                new("TextFeaturizing", "text to feature: estimator, transformer, columns"),
                new("ImageFeaturizing", "image to feature: estimator, transformer, columns"),
                new("Estimating", "what the estimators have in common: options, fit, what is saved"),
                new("Models", "an opened model folder, and what an estimator is given of one"),
                new("Hub", "models by name: the Hugging Face hub's protocol, and the cache that its clients share"),
                new("DataViews", "the batched IDataView and cursor, on public ML.NET API only"),
                new("ModelFolders", "layouts of model folders, options, what is told without a session"),
                new("Persistence", "how components are saved and loaded, by way of ML.NET's internals"),
                new("Inference", "ONNX Runtime sessions, the two towers, batches"),
                new("Imaging", "decode, resize, crop, normalize, into a caller's buffer"),
                new("Text", "tokenizers; prompt templates"),
                new("Text/Pipeline", "any other tokenizer.json, step by step"),
                new("Text/SentencePiece", "SigLIP's tokenizer"),
                new("Text/Bpe", "CLIP's vocabulary and how it splits a text"),
                new("Text/Repair", "texts repaired and cleaned"),
                new("Text/Unicode", "normal forms and lower case, without ICU"),
                new("Formats", "readers of protobuf, of JSON, and of where an ONNX file keeps its weights"),
                new("Files", "which files are opened at all, how large they may be, and what they are by their first bytes"),
            ]),
        new(
            "Microsoft.ML.Clip.Extensions.AI", "embedding generators and services, for those who want that dependency",
            [new(RoomGraph.Root, "all of it")]),
        new(
            "Microsoft.ML.Clip.Search", "pictures found by words or pictures: an index file, and what asks it",
            [
                new(RoomGraph.Root, "the catalog's methods"),
                new("FindingSimilar", "the neighbors of features as a step of ML.NET pipelines"),
                new("VectorData", "indexes as collections of Microsoft.Extensions.VectorData"),
                new("Indexing", "the index as its users see it: entries, queries, changes, searches"),
                new("Approximate", "the graph of neighbors for approximate search"),
                new("Storage", "the index's file: written aside, mapped into memory"),
                new("Scanning", "exact search over rows of floats, by their codes"),
            ]),
        new(
            "Microsoft.ML.Clip.AspNetCore", "a model and an index of pictures over HTTP",
            [
                new(RoomGraph.Root, "what an application calls: AddClipServer, MapClip"),
                new("Endpoints", "one file an endpoint, and what all have in common"),
                new("Searching", "the served index: ids for its paths, queries, pictures to show"),
                new("Batching", "the queues before the towers, and what is asked of the model through them"),
                new("Requests", "bodies, fields, data URLs, and how they are refused"),
                new("Settings", "the options"),
            ]),
        new(
            "Microsoft.ML.Clip.MoreFormats", "TIFF, HEIC and the like by ImageMagick: a ClipImageDecoder to register",
            [new(RoomGraph.Root, "all of it")]),
        new(
            "Clip.Conversion", "checkpoints and formats to model folders: no TorchSharp",
            [
                new("ModelFolders", "from a checkpoint and what lies beside it to a model folder; what a file is"),
                new("Quantization", "int8 and fp16 files for a model folder, chosen and measured on samples"),
                new("Zoo", "open_clip's zoo and the families around it: the list, and a model's graphs"),
                new("Zoo/Reading", "their configs, and what the names in them stand for"),
                new("Zoo/Towers", "a page a family: sizes, and how its tower is written"),
                new("Zoo/Blocks", "what towers are made of: attention, MLPs, convolutions, norms, positions"),
                new("Onnx", "a model's graphs, written from its weights"),
                new("Onnx/Quantization", "a graph rewritten for int8 and fp16"),
                new("Onnx/Format", "ONNX files: nodes, weights, data beside"),
                new("Tokenizing", "learns byte-level BPE, writes tokenizer files"),
                new("Initialization", "random starting weights"),
                new("Checkpoints", "safetensors and PyTorch files, renamed and merged; sizes off the weights"),
                new("Architectures", "what a model's parameters are: names, shapes, starting values, layers"),
                new("Configs", "a model's sizes, as data"),
                new(RoomGraph.Root, "the error that people see"),
            ]),
        new(
            "Clip.Data", "captioned and labeled images in batches: no TorchSharp",
            [
                new("Splitting", "tables without what is held out, and with that alone"),
                new("Embedding", "embeddings of any number of images and texts, in files"),
                new("Sources", "tables, folders, Parquet, WebDataset, data views"),
                new(RoomGraph.Root, "pairs of image and caption in batches, on background threads"),
                new("Augmenting", "what augmentation does to pixels"),
                new("Distributed", "the ranks of an Open MPI job, and what they say to each other"),
            ]),
        new(
            "Clip.Evaluation", "what a model folder is worth: no TorchSharp",
            [
                new("Report", "results as a page to look at"),
                new("Results", "results in files and tables, compared, and beside published ones"),
                new("Tasks", "what a model makes of a set: zero-shot, retrieval, linear probe"),
                new("Embedding", "pictures and texts to features, each once, kept on disk"),
                new("Metrics", "numbers of outcomes, as CLIP_benchmark defines them"),
                new("Outcomes", "what a model made of each picture, for metrics and reports"),
                new("DataSets", "published data sets as people have them on disk, their classes and prompts"),
                new(RoomGraph.Root, "labeled and captioned sets, and how right answers are ranked"),
            ]),
        new(
            "Microsoft.ML.Clip.Experiments", "the best classifier on a model's features, for the time allowed: no TorchSharp",
            [
                new(RoomGraph.Root, "what a user calls, and what it gives"),
                new("Reporting", "the experiment's page, a section a file"),
                new("Generation", "the winner as code: projects, a notebook"),
                new("Search", "folds, trials, the time limit, the leaderboard"),
                new("Candidates", "what is tried, one kind a file"),
                new("Refusal", "at which score to refuse, and which pictures are none of the classes"),
                new("Suggestion", "which pictures to label next, and what more of them would bring"),
                new("DataCheck", "copies, wrong labels, classes that look alike, groups that give them away"),
                new("Features", "the rows, and their features: each once, kept on disk"),
                new("Settings", "the options"),
            ]),
        new(
            "Clip.Trainer", "modules, objectives, loop, ML.NET estimator: a library",
            [
                new("Estimating", "training as an ML.NET estimator"),
                new("Experiments", "trainings that are compared"),
                new("Reporting", "logs, charts, the page of a run"),
                new("Training", "loop, optimizer, schedule, checkpoints"),
                new("Validation", "what a model in training is worth; training asks it after epochs"),
                new("Objectives", "losses and what they train; nothing here knows of the loop"),
                new("Modeling/Graphs", "a zoo model's graphs run in torch, by its family's own names"),
                new("Modeling", "one module a file, weights named as OpenAI's"),
            ]),
        new(
            "Clip.Cli", "the command clip",
            [
                new(RoomGraph.Root, "the list of commands"),
                new("Commands", "one file a command, thin: parse, call, print"),
                new("Serving", "clip serve and clip mcp: who may ask, and on which ways"),
                new("Training", "clip train and its options"),
                new("Searching/Databases", "indexes in PostgreSQL"),
                new("Evaluating", "clip evaluate and its options"),
                new("Experimenting", "clip experiment classify: its rows, leaderboard and output"),
                new("Searching", "indexes of pictures, made, kept up to date and asked"),
                new("Pretrained", "models by name, downloaded and said so"),
                new("Reporting", "the console"),
                new("Running", "Ctrl+C; the ranks of a job"),
                new("Options", "options that commands share"),
                new("Quickstart", "the drawn data set"),
            ]),
    ];
}
