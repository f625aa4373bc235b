using System.CommandLine;
using System.Globalization;
using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;

namespace Clip.Cli.Commands;

/// <summary><c>clip models</c>: the configs that come with the program, with their parameters and operations.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var zoo = new Option<bool>("--zoo")
        {
            Description = "Lists open_clip's zoo instead: what converts, and under which name weights are pulled.",
        };
        var command = new Command("models", "Lists the model configs that come with the program.") { zoo };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(zoo))
            {
                ZooTable.Print();
                return;
            }

            Console.WriteLine(
                $"{"model",-16}{"image",6}{"embed",7}{"parameters",14}{"image tower",14}{"GFLOPs image",14}{"GFLOPs text",13}");
            var models = ClipConfigJson.Names.Select(name => (name, ClipConfigJson.Load(name)));
            foreach (var (name, config) in models.OrderBy(m => ModelCost.Of(m.Item2).Image))
            {
                var layout = ParameterLayout.Of(config);
                var (all, image, cost) = (layout.ParameterCount(), layout.ParameterCount(Tower.Image), ModelCost.Of(config));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-16}{config.Vision.ImageSize,6}{config.EmbedDim,7}"
                    + $"{all,14:N0}{image,14:N0}{cost.Image / 1e9,14:F2}{cost.Text / 1e9,13:F2}"));
            }

            Console.WriteLine(
                "Operations are those of one image and of one text as long as the context; a multiplication with its addition counts two.");
        });
        return command;
    }
}
