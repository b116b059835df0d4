// Makes what is published: a package with the extension for each platform, and the one that people ask
// for, which names them all as optional dependencies, so that npm installs the one that fits.
//
// Usage: node release.mjs [--out FOLDER] [--any-size] NAME=FILE ...
//        for example linux-x64-gnu=redlatch.linux-x64.node
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const LARGEST = 6_000_000;

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    out: { type: "string", default: join(here, "release") },
    "any-size": { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const { out } = values;
const main = readJson("package.json");
const platforms = new Map(readJson("platforms.json").map((one) => [one.name, one]));

rmSync(out, { recursive: true, force: true });
for (const given of positionals) {
  const [name, file] = given.split("=", 2);
  const platform = platforms.get(name);
  if (platform === undefined || file === undefined) {
    throw new Error(`${given}: a platform is one of ${[...platforms.keys()].join(", ")}`);
  }
  const { size } = statSync(file);
  if (size > LARGEST && !values["any-size"]) {
    throw new Error(`${file} has ${size} bytes: it is to be built with the release profile`);
  }
  platformPackage(platform, file);
  console.log(`@redlatch/${name}: ${(size / 1e6).toFixed(2)} MB`);
}
mainPackage();

function platformPackage({ name, os, cpu, libc }, file) {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const binary = `redlatch.${name}.node`;
  copyFileSync(file, join(folder, binary));
  const { version, license, repository, engines } = main;
  writeJson(join(folder, "package.json"), {
    name: `@redlatch/${name}`,
    version,
    description: `The native part of redlatch for ${name}`,
    license,
    repository,
    main: binary,
    files: [binary, "LICENSE-*"],
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
  });
  writeFileSync(
    join(folder, "README.md"),
    `The native part of [redlatch](https://www.npmjs.com/package/redlatch) for ${name}.\n`,
  );
  licences(folder);
}

function mainPackage() {
  const folder = join(out, "redlatch");
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, "dist"), join(folder, "dist"), { recursive: true });
  copyFileSync(join(here, "README.md"), join(folder, "README.md"));
  licences(folder);
  const { devDependencies, scripts, ...kept } = main;
  const names = [...platforms.keys()].map((name) => [`@redlatch/${name}`, main.version]);
  const optionalDependencies = Object.fromEntries(names);
  writeJson(join(folder, "package.json"), {
    ...kept,
    files: ["dist", "LICENSE-*"],
    optionalDependencies,
  });
}

function licences(folder) {
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) {
    copyFileSync(join(dirname(here), name), join(folder, name));
  }
}

function readJson(name) {
  return JSON.parse(readFileSync(join(here, name), "utf8"));
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
