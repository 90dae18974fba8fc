/**
 * Builds everything that the collector serves and nobody commits, into collector/static/dist (or the folder named as
 * the first argument). manifest.json says what was built: integrity, content hash and sizes of each file.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { minify } from 'terser';

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, '../collector/static/dist'));
/** Built aside and moved in one step, so that a running collector never sees half of it. */
const out = join(here, 'node_modules/.dist');

/** The folder of an installed package. */
const folder = (name) => join(here, 'node_modules', name);
const read = (path) => readFileSync(path, 'utf8');
const about = (name) => JSON.parse(read(join(folder(name), 'package.json')));

const common = { bundle: true, minify: true, legalComments: 'none', write: true, logLevel: 'warning' };

/**
 * Code that runs on other people's pages, as small as can be: terser after esbuild saves another 3 %. Names that begin
 * with _ are ours alone and become one letter.
 */
const guest = async (from, to) => {
  const built = await esbuild.build({
    ...common,
    write: false,
    entryPoints: [join(here, from)],
    format: 'iife',
    target: 'es2020',
    mangleProps: /^_/,
    // Where something that every browser has is missing, the page must not hear of it.
    banner: { js: 'try{' },
    footer: { js: '}catch{}' },
  });
  const { code } = await minify(built.outputFiles[0].text, {
    ecma: 2020,
    compress: { ecma: 2020, passes: 3, keep_fargs: false, pure_getters: true, unsafe_arrows: true },
    mangle: { toplevel: true },
  });
  writeFileSync(join(out, to), code);
};

/** Page scripts (charts and the like), each a file in pages/; terser saves another 3 % of the charts. */
const pages = async () => {
  const dir = join(here, 'pages');
  const names = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.js')) : [];
  await Promise.all(
    names.map(async (name) => {
      const built = await esbuild.build({
        ...common,
        write: false,
        entryPoints: [join(dir, name)],
        format: 'iife',
        target: 'es2022',
      });
      const { code } = await minify(built.outputFiles[0].text, { ecma: 2020, compress: { passes: 2 }, mangle: { toplevel: true } });
      writeFileSync(join(out, name), code);
    })
  );
};

/** The patterns of the isbot package as text, which the collector compiles with Python's re. */
const isbot = async () => {
  const { list } = await import('isbot');
  writeFileSync(join(out, 'isbot.json'), JSON.stringify({ version: about('isbot').version, patterns: list }, null, 1));
};

const licenses = () => {
  const names = ['bootstrap', 'echarts', 'zrender', 'tslib', 'isbot'].filter((name) => existsSync(folder(name)));
  const parts = names.map((name) => {
    const texts = readdirSync(folder(name), { recursive: true })
      .filter((file) => /^(licenses\/)?(license|notice|unlicense|copyright)[^/]*$/i.test(file))
      .map((file) => join(folder(name), file))
      .filter((path) => statSync(path).isFile())
      .map((path) => read(path).trim());
    return [`${name} ${about(name).version} (${about(name).license})`, ...texts].join('\n\n');
  });
  writeFileSync(join(out, 'LICENSES.txt'), parts.join('\n\n' + '='.repeat(100) + '\n\n') + '\n');
};

/** What decides the outcome; the wheel's build hook compares it to skip a build that would change nothing. */
const inputs = () => {
  const files = ['package.json', 'package-lock.json', 'build.mjs', 'linker.js'];
  for (const dir of ['src', 'chat', 'experiment', 'pages'])
    if (existsSync(join(here, dir)))
      for (const name of readdirSync(join(here, dir), { recursive: true }))
        if (name.endsWith('.js')) files.push(`${dir}/${name}`);
  const hash = createHash('sha256');
  for (const name of files.sort()) hash.update(name + '\0').update(readFileSync(join(here, name))).update('\0');
  return hash.digest('hex');
};

const manifest = () => {
  const files = {};
  for (const name of readdirSync(out).sort()) {
    if (!/\.(js|css)$/.test(name)) continue;
    const body = readFileSync(join(out, name));
    files[name] = {
      integrity: 'sha384-' + createHash('sha384').update(body).digest('base64'),
      hash: createHash('sha256').update(body).digest('hex').slice(0, 12),
      bytes: body.length,
      gzip: gzipSync(body, { level: 9 }).length,
    };
  }
  writeFileSync(join(out, 'manifest.json'), JSON.stringify({ inputs: inputs(), files }, null, 1) + '\n');
  for (const [name, file] of Object.entries(files)) console.log(name.padEnd(20), file.bytes, 'bytes,', file.gzip, 'gzipped');
  return files;
};

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'test'), { recursive: true });
await Promise.all([guest('src/index.js', 't.js'), guest('chat/index.js', 'chat.js'), guest('linker.js', 'linker.js'), guest('experiment/index.js', 'experiment.js'), pages(), isbot()]);
// without the address of a source map that is not served
writeFileSync(
  join(out, 'bootstrap.min.css'),
  read(join(folder('bootstrap'), 'dist/css/bootstrap.min.css')).replace(/\/\*# sourceMappingURL=.*?\*\//, '')
);
// axe-core is for tests only and stays out of the wheel; it is absent in a production install.
if (existsSync(folder('axe-core'))) copyFileSync(join(folder('axe-core'), 'axe.min.js'), join(out, 'test/axe.min.js'));
licenses();
const files = manifest();
// Copies that never change, for tags with an integrity hash (A7.4): /t/<hash>.js
mkdirSync(join(out, 't'));
for (const name of ['t.js', 'chat.js', 'linker.js', 'experiment.js']) copyFileSync(join(out, name), join(out, 't', `${files[name].hash}.js`));
rmSync(target, { recursive: true, force: true });
mkdirSync(dirname(target), { recursive: true });
renameSync(out, target);
