// dotnet fsi samples/Classify.fsx cat dog: which of the names fits each picture in photos/.
#r "nuget: Microsoft.ML.Clip, 0.1.0"
#r "nuget: Microsoft.ML.OnnxRuntime, 1.31.1"

open System
open System.IO
open Microsoft.ML.Clip

let labels =
    match fsi.CommandLineArgs |> Array.skip 1 with
    | [||] -> [| "cat"; "dog" |]
    | given -> given

let dot (a: float32[]) (b: float32[]) = Array.fold2 (fun sum x y -> sum + x * y) 0f a b

let model = ClipModel.Open "model"
let texts = model.EmbedTexts(labels |> Array.map (fun label -> $"a photo of a {label}."))

for picture in Directory.GetFiles("photos", "*.jpg", SearchOption.AllDirectories) |> Array.sort do
    let image = model.EmbedImage picture
    let best = texts |> Array.map (dot image) |> Array.indexed |> Array.maxBy snd |> fst
    printfn "%s: %s" picture labels[best]
