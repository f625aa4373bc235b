// Tokenizes texts with transformers.js: node tokenize.cjs NODE_MODULES TOKENIZER_FOLDER TEXTS_JSON
// Prints one line of JSON: the ids of each text.
const path = require("node:path");
const [modules, folder, texts] = process.argv.slice(2);
const { AutoTokenizer, env } = require(path.join(modules, "@huggingface", "transformers"));

async function main() {
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(path.basename(folder));
  console.log(JSON.stringify(JSON.parse(texts).map((text) => tokenizer.encode(text))));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
