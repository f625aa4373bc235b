// Classifies images with a SigLIP in transformers.js: node siglip.cjs NODE_MODULES MODEL_FOLDER LABELS_JSON TEMPLATE IMAGE…
// Prints two lines of JSON an image: the probability of each label, and what the image tower alone puts out.
const path = require("node:path");
const [modules, model, labelsJson, template, ...images] = process.argv.slice(2);
const { env, pipeline, AutoProcessor, RawImage, SiglipVisionModel } = require(path.join(modules, "@huggingface", "transformers"));

async function main() {
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(model);
  const name = path.basename(model);
  const labels = JSON.parse(labelsJson);
  const classify = await pipeline("zero-shot-image-classification", name, { dtype: "fp32" });
  const processor = await AutoProcessor.from_pretrained(name);
  const tower = await SiglipVisionModel.from_pretrained(name, { dtype: "fp32" });
  for (const image of images) {
    const scored = await classify(image, labels, { hypothesis_template: template });
    const byLabel = new Map(scored.map(({ label, score }) => [label, score]));
    console.log(JSON.stringify(labels.map((label) => byLabel.get(label))));
    const { pooler_output } = await tower(await processor(await RawImage.read(image)));
    console.log(JSON.stringify(Array.from(pooler_output.data)));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
