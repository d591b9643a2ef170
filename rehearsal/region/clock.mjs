// Preloaded into the functions' processes: the time of day is the Region's, which may be ahead of this machine's.
import { readFileSync } from 'node:fs';

const { REHEARSAL_CLOCK: file } = process.env;
if (file) {
  const Real = Date;
  const now = () => Real.now() + Number(readFileSync(file, 'latin1'));
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }
    static now() {
      return now();
    }
  };
}
