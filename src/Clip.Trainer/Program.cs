return await Clip.Trainer.Commands.CommandLine.RunAsync(args).ConfigureAwait(false);
