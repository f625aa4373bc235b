return await Clip.Cli.CommandLine.RunAsync(args).ConfigureAwait(false);
