namespace Microsoft.ML.Clip;

/// <summary>How far a download is: one file's bytes, and those of all files of the call.</summary>
/// <param name="File">The file's path in its repository, such as <c>onnx/vision_model.onnx</c>.</param>
/// <param name="FileBytes">The bytes of it that are here, those of an earlier try included.</param>
/// <param name="FileSize">Its size in bytes; 0 where the server does not tell it before the end.</param>
/// <param name="TotalBytes">The bytes of all files that are here, cached files included.</param>
/// <param name="TotalSize">The size of all files in bytes. It grows where a file turns out to need another.</param>
public readonly record struct ClipHubProgress(string File, long FileBytes, long FileSize, long TotalBytes, long TotalSize);
