namespace Clip.EndToEnd.Tests;

/// <summary>
/// What goes wrong is told in one sentence that names the thing, with an exit code other than 0, no stack trace, and nothing left behind.
/// The commands run in a folder with the files that <see cref="Prepare"/> writes; MODEL and PICTURE stand for the shared model's.
/// </summary>
[Collection(SharedModel.Name)]
public sealed class ErrorTests(TrainedModel trained)
{
    private const string Train = "train --model model.json --output out --train-data";
    private const string Classify = "classify --model MODEL --labels";

    [Theory]
    [InlineData("train --train-data pairs.tsv --output out", "--model is missing")]
    [InlineData($"{Train} absent.tsv", "no data file 'absent.tsv'")]
    [InlineData($"{Train} notes.txt", "notes.txt has no column 'filepath'")]
    [InlineData($"{Train} PICTURE", "is not a text file")]
    [InlineData($"{Train} pairs.tsv --val-data absent.tsv", "no data file 'absent.tsv'")]
    [InlineData($"{Train} pairs.tsv --csv-caption-key words", "pairs.tsv has no column 'words' (it has filepath, title)")]
    [InlineData($"{Train} pairs.tsv --csv-separator ab", "'ab' is not one character")]
    [InlineData($"{Train} pairs.tsv --tokenizer things", "no tokenizer in things")]
    [InlineData($"{Train} pairs.tsv --vocab-size 100", "--vocab-size must be a whole number from 514")]
    [InlineData($"{Train} pairs.tsv --aug-scale 3", "--aug-scale must be a number above 0, at most 1, and is '3'")]
    [InlineData($"{Train} pairs.tsv --resume latest", "no checkpoint in")]
    [InlineData($"{Train} pairs.tsv --resume absent.safetensors", "no checkpoint 'absent.safetensors'")]
    [InlineData("train --train-data pairs.tsv --output out --model ViT-Z", "no model config 'ViT-Z'")]
    [InlineData("train --train-data pairs.tsv --output out --model notes.txt", "notes.txt is not a model's config")]
    [InlineData("train --train-data pairs.tsv --model model.json --output things", "holds something")]
    [InlineData("train --train-data pairs.tsv --model model.json --output notes.txt", "notes.txt is a file")]
    [InlineData("classify --model absent --labels labels.txt PICTURE", "'absent' does not exist")]
    [InlineData("classify --model things --labels labels.txt PICTURE", "no ONNX model")]
    [InlineData("classify --model damaged --labels labels.txt PICTURE", "text_model.onnx")]
    [InlineData("classify --model another --labels labels.txt PICTURE", "SigLIP model, but no model.safetensors")]
    [InlineData($"{Classify} absent.txt PICTURE", "no file 'absent.txt'")]
    [InlineData($"{Classify} empty.txt PICTURE", "empty.txt is empty")]
    [InlineData($"{Classify} things PICTURE", "no file 'things'")]
    [InlineData($"{Classify} /dev/zero PICTURE", "/dev/zero is empty, or a pipe or a device")]
    [InlineData($"{Classify} labels.txt --templates /dev/zero PICTURE", "/dev/zero is empty, or a pipe or a device")]
    [InlineData($"{Classify} labels.txt /dev/zero", "Image file '/dev/zero' has no content")]
    [InlineData($"{Classify} latin.txt PICTURE", "latin.txt, line 2: byte 0xE9")]
    [InlineData($"{Classify} twice.txt PICTURE", "'a cat' comes twice")]
    [InlineData($"{Classify} labels.txt --templates notes.txt PICTURE", "has no place for the label")]
    [InlineData($"{Classify} labels.txt notes.txt", "'notes.txt' cannot be read")]
    [InlineData($"{Classify} labels.txt absent.png", "'absent.png' does not exist")]
    [InlineData($"{Classify} labels.txt", "There are no pictures; give files, folders or patterns before --labels")]
    [InlineData($"{Classify} cat things", "'things' is taken as a label; as a folder it is things/.")]
    [InlineData($"{Classify} cat PICTURE", "no file 'cat', and one word leaves nothing to choose among")]
    [InlineData($"{Classify} PICTURE cat dog", "is a picture, and --labels takes words")]
    [InlineData($"{Classify} cat PICTURE dog", "among the labels is a path")]
    [InlineData($"{Classify} cat dog labels.txt PICTURE", "'labels.txt' among the labels is a file")]
    [InlineData($"{Classify} cat dog absent.png", "'absent.png' behind the labels is a path, and does not exist")]
    [InlineData($"{Classify} cat t-shirt/top dog PICTURE", "'t-shirt/top' among the labels is a path")]
    [InlineData($"{Classify} cat cat PICTURE", "'cat' comes twice")]
    [InlineData($"{Classify} labels.txt things", "'things' has no pictures")]
    [InlineData($"{Classify} labels.txt *.png", "No picture matches '*.png'")]
    [InlineData($"{Classify} labels.txt PICTURE --templates absent.txt", "There is no file 'absent.txt', and it has no {} for the label")]
    [InlineData($"{Classify} labels.txt PICTURE --templates {{}} photo", "The template 'photo' has no place for the label")]
    [InlineData("quantize --model Xenova/clip-vit-base-patch32", "--model takes a folder of your own, such as 'clip pull Xenova/")]
    [InlineData("evaluate --model MODEL --labels labels.txt --data pairs.tsv", "The class 'a note' of")]
    [InlineData("evaluate --model MODEL --labels labels.txt --data broken.tsv", "notes.txt' cannot be read")]
    [InlineData("evaluate --model MODEL --labels notes.txt --data broken.tsv", "broken has one label")]
    [InlineData("tokenizer train --output out --train-data absent.txt", "no file 'absent.txt'")]
    [InlineData("tokenizer train --output out --train-data empty.txt", "empty.txt is empty")]
    [InlineData("quickstart --output notes.txt", "notes.txt is a file")]
    [InlineData("quickstart --output things", "holds something that no quickstart made")]
    public async Task AFailureIsOneSentence(string command, string sentence)
    {
        var (outcome, error) = await FailAsync(command);
        Assert.StartsWith("clip: ", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData($"{Train} pairs.tsv --epochs 0", "--epochs must be a whole number from 1 to 1000000, and is '0'. See 'clip train --help'.")]
    [InlineData($"{Train} pairs.tsv --epochs many", "--epochs must be a whole number from 1 to 1000000, and is 'many'.")]
    [InlineData($"{Train} pairs.tsv --lr 0,001", "and is '0,001'; write a point before decimals")]
    [InlineData($"{Train} pairs.tsv --batch-size 1", "each picture is told from the others of its batch")]
    [InlineData($"{Train} pairs.tsv --train-data-upsampling-factors 0,5", "'0,5', which is not a factor")]
    [InlineData($"{Train} pairs.tsv --precision fp8", "'fp8' not recognized. Must be one of: 'fp32', 'bf16', 'fp16'. See")]
    [InlineData($"{Train} pairs.tsv --epoch 3", "'--epoch'. Did you mean --epochs? See 'clip train --help'.")]
    [InlineData($"{Train} pairs.tsv --best-metric nosuch", "--best-metric 'nosuch' is not measured in this run")]
    [InlineData("train --model model.json --output out", "Option '--train-data' is required. See 'clip train --help'.")]
    [InlineData("train --model model.json --train-data pairs.tsv", "--output is missing")]
    [InlineData($"{Classify} labels.txt PICTURE --tpo 3", "Unrecognized option '--tpo'. Did you mean --top? See 'clip classify --help'.")]
    [InlineData("classify PICTURE --model MODEL --lables cat dog", "'--lables'. Did you mean --labels? See 'clip classify --help'.")]
    [InlineData("classify PICTURE --labels cat dog -top 3", "'-top'. Did you mean --top? See 'clip classify --help'.")]
    [InlineData("classify PICTURE --labels cat dog --temp {}", "'--temp'. Did you mean --templates? See")]
    [InlineData("convert model.json --output out --zzz", "Unrecognized option '--zzz'. See 'clip convert --help'.")]
    [InlineData($"{Classify} labels.txt PICTURE --json --csv", "--json and --csv exclude each other; give one. See")]
    [InlineData("completion tcsh", "'tcsh' not recognized. Must be one of: 'bash', 'zsh', 'fish'. See")]
    [InlineData("data", "See 'clip data --help'.")]
    [InlineData("evalute --model MODEL", "'evalute'. Did you mean evaluate? See 'clip --help'.")]
    public async Task AMistakenCommandIsToldOnOneLine(string command, string sentence) => await AFailureIsOneSentence(command, sentence);

    private async Task<(Outcome Outcome, string Error)> FailAsync(string command)
    {
        using var folder = new TempFolder();
        Prepare(folder);
        var before = folder.Everything();
        string[] arguments = [.. command.Split(' ').Select(word => word switch
        {
            "MODEL" => trained.Folder,
            "PICTURE" => trained.Picture("red", "ring"),
            _ => word,
        })];

        var outcome = await ClipProcess.RunInAsync(folder.Path, arguments);
        Assert.Equal(1, outcome.ExitCode);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, folder.Everything());
        return (outcome, outcome.Error);
    }

    private static void Prepare(TempFolder folder)
    {
        folder.Write("pairs.tsv", "filepath\ttitle\nnotes.txt\ta note\n");
        folder.Write("broken.tsv", "filepath\ttitle\nnotes.txt\ta cat\n");
        folder.Write("notes.txt", "only words\n");
        folder.Write("empty.txt", "");
        File.WriteAllBytes(folder["latin.txt"], [.. "a cat\na caf"u8, 0xE9, (byte)'\n']);
        folder.Write("labels.txt", "a cat\na dog\n");
        folder.Write("twice.txt", "a cat\na cat\n");
        folder.Write("things/letter.txt", "Dear Sir");
        folder.Write("model.json", TrainedModel.Config);
        folder.Write("damaged/config.json", """{"model_type": "clip"}""");
        folder.Write("damaged/onnx/vision_model.onnx", "no graph");
        folder.Write("damaged/onnx/text_model.onnx", "no graph");
        folder.Write("damaged/vocab.json", """{"<|startoftext|>": 0, "<|endoftext|>": 1}""");
        folder.Write("damaged/merges.txt", "#version: 0.2\n");
        folder.Write("another/config.json", """{"model_type": "siglip"}""");
        folder.Write("another/onnx/vision_model.onnx", "no graph");
        folder.Write("another/onnx/text_model.onnx", "no graph");
    }
}
