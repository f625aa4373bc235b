using System.Runtime.CompilerServices;

// A transformer's Save, Create and load attributes reach into ML.NET, as those of Microsoft.ML.Clip do.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
