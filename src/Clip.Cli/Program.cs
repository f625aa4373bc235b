// TIFF, HEIC and the like: in the library they are a package of their own.
Microsoft.ML.Clip.ClipImageDecoder.Register(new Microsoft.ML.Clip.MagickImageDecoder());
return await Clip.Cli.CommandLine.RunAsync(args).ConfigureAwait(false);
