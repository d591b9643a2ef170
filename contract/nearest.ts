// The known word that a mistyped one most likely meant.

/** Letters that a part of a known word has at least, to be taken for the whole of it. */
const PART_MIN = 4;

/** Undefined where none is near: a guess from afar misleads more than it helps. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const best = known.reduce<string | undefined>(
    (so, each) => (so === undefined || distance(word, each) < distance(word, so) ? each : so),
    undefined,
  );
  return best !== undefined && isNear(word, best) ? best : undefined;
}

/** A third of its letters may be wrong. */
function isNear(word: string, known: string): boolean {
  const isPart = word.length >= PART_MIN && known.toLowerCase().includes(word.toLowerCase());
  return isPart || distance(word, known) <= Math.max(word.length, known.length) / 3;
}

/** Levenshtein's: how many letters to add, drop or change, case aside. */
function distance(from: string, to: string): number {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
