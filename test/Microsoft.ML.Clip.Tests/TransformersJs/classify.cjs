// Classifies images with transformers.js: node classify.cjs NODE_MODULES MODEL_FOLDER LABELS_JSON TEMPLATE IMAGES_JSON
// Prints one line of JSON: for each image the score of each label, in the labels' order.
const path = require("node:path");
const [modules, folder, labelsJson, template, images] = process.argv.slice(2);
const { env, pipeline } = require(path.join(modules, "@huggingface", "transformers"));

async function main() {
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(folder);
  const labels = JSON.parse(labelsJson);
  const classify = await pipeline("zero-shot-image-classification", path.basename(folder), { dtype: "fp32" });
  const rows = [];
  for (const image of JSON.parse(images)) {
    const scored = await classify(image, labels, { hypothesis_template: template });
    rows.push(labels.map((label) => scored.find((s) => s.label === label).score));
  }
  console.log(JSON.stringify(rows));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
