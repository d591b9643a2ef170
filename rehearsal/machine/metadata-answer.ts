// An answer of the metadata service before it is sent, and the pages that stand for its errors.
import { STATUS_CODES } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The real service says text/plain for everything that it has, JSON included. */
export const plain = (body: string): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain' },
  body,
});

/** XHTML, like the real service's: a client that takes any body for its answer reads this one. */
export function page(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  const title = `${status} - ${reason(status)}`;
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`;
  return { status, headers: { ...headers, 'Content-Type': 'text/html' }, body };
}

export const reason = (status: number): string => STATUS_CODES[status] ?? 'Unknown';
