// node parquet.cjs NODE_MODULES FILE ...: what is in Parquet files, as JSON, a line for each reader: Arrow's, then DuckDB's.
const fs = require('fs');
const path = require('path');

const [modules, ...files] = process.argv.slice(2);
const plain = (value) => (value?.toArray ? Array.from(value.toArray()) : value);

(async () => {
  const { readParquet } = await import(path.join(modules, 'parquet-wasm/node/parquet_wasm.js'));
  const { tableFromIPC } = require(path.join(modules, 'apache-arrow'));
  const { DuckDBInstance } = require(path.join(modules, '@duckdb/node-api'));
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  for (const file of files) {
    const table = tableFromIPC(readParquet(fs.readFileSync(file)).intoIPCStream());
    const fields = table.schema.fields;
    console.log(JSON.stringify({
      columns: fields.map((field) => `${field.name} ${field.type}`),
      rows: table.toArray().map((row) => fields.map((field) => plain(row[field.name]))),
    }));
    const result = await duckdb.runAndReadAll('from read_parquet($1)', [file]);
    console.log(JSON.stringify({
      columns: result.columnNames().map((name, i) => `${name} ${result.columnTypes()[i]}`),
      rows: result.getRowsJson(),
    }));
  }
})();
