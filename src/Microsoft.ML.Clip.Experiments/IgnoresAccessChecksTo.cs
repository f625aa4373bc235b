using System.Runtime.CompilerServices;

// The log's messages are written by members that ML.NET keeps to itself.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
