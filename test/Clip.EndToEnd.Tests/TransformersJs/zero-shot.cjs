// Classifies images with transformers.js: node zero-shot.cjs NODE_MODULES MODEL_FOLDER LABELS_JSON TEMPLATE IMAGE…
// Prints a line of JSON an image: the probability of each label, in the labels' order.
const path = require("node:path");
const [modules, model, labelsJson, template, ...images] = process.argv.slice(2);
const { env, pipeline } = require(path.join(modules, "@huggingface", "transformers"));

async function main() {
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(model);
  const labels = JSON.parse(labelsJson);
  const classify = await pipeline("zero-shot-image-classification", path.basename(model), { dtype: "fp32" });
  for (const image of images) {
    const scored = await classify(image, labels, { hypothesis_template: template });
    const byLabel = new Map(scored.map(({ label, score }) => [label, score]));
    console.log(JSON.stringify(labels.map((label) => byLabel.get(label))));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
