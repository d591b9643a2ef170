// Where `npm run build` leaves what the stack deploys.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @throws Error if it is not built yet */
export function built(path: `lambda/${string}` | `instance/${string}.json`): string {
  const file = fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
  if (!existsSync(file)) throw new Error(`dist/${path} is not there, run \`npm run build\` first`);
  return file;
}
