// Someone's application: it knows the package, a saved model and nothing else, and registers nothing.
using Application;
using Microsoft.ML;

var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
foreach (var line in Predictions.Of(ml, model, column: args[1], values: args[2..])) Console.WriteLine(line);
