// The known word that a mistyped one most likely meant.

/** @throws TypeError if `known` is empty */
export function nearest(word: string, known: readonly string[]): string {
  return known.reduce((best, each) => (distance(word, each) < distance(word, best) ? each : best));
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
