using System.CommandLine;
using Clip.Bench;

return new RootCommand("Measures Microsoft.ML.Clip; see bench/README.md.")
{
    InitCommand.Create(),
    EndToEndCommand.Create(),
    PhotosCommand.Create(),
    StartCommand.Create(),
    TowersCommand.Create(),
    ZooCommand.Create(),
    ExportsCommand.Create(),
    ResampleCommand.Create(),
    SearchCommand.Create(),
    ServeCommand.Create(),
    PlainCommand.Create(),
    KernelsCommand.Create(),
    InputCommand.Create(),
    TrainStepCommand.Create(),
    TrainMemoryCommand.Create(),
    TrainPeakCommand.Create(),
    GpuCommand.Create(),
    ExperimentCommand.Create(),
    RanksCommand.Create(),
    RanksCommand.CreateRank(),
}.Parse(args).Invoke();
