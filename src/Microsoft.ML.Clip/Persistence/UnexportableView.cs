using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>
/// A view of ours in the shape that <c>mlContext.Model.ConvertToOnnx</c> looks for, to refuse with a sentence. It walks back from the end
/// of a pipeline over the views that it knows; one that it does not know it takes for the data, and leaves the step out without a word.
/// </summary>
internal sealed class UnexportableView(IDataView view, IDataView source, string step, string towers) : ITransformCanSaveOnnx
{
    public IDataView Source => source;

    public DataViewSchema Schema => view.Schema;

    public bool CanShuffle => view.CanShuffle;

    public long? GetRowCount() => view.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        view.GetRowCursor(columnsNeeded, rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        view.GetRowCursorSet(columnsNeeded, n, rand);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => throw NotExportable();

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => throw NotExportable();

    /// <summary>Views are not saved; their transformers are.</summary>
    void ICanSaveModel.Save(ModelSaveContext ctx) =>
        throw new NotSupportedException($"Save the fitted {step} with mlContext.Model.Save, not a view of its data.");

    private NotSupportedException NotExportable() => new(
        $"{step} cannot become a part of another ONNX file, for its tower is one already: ship {towers} of the model folder with its "
        + "preprocessor_config.json and tokenizer, and convert the steps after it alone: "
        + "mlContext.Model.ConvertToOnnx(chain.LastTransformer, mlContext.Data.Cache(features), stream).");
}
