// Figures for a reader.

type Row = readonly [name: string, ...values: readonly (string | number)[]];

export function table(title: string, rows: readonly Row[]): string {
  const lines = rows.map(([name, ...values]) =>
    `${name.padEnd(40)}${values.map((value) => String(value).padStart(10)).join('')}`.trimEnd(),
  );
  return `\n${title}\n${lines.join('\n')}\n`;
}
