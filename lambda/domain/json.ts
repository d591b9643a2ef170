// Messages as they come: JSON, or a fault in words.

/** The object in it, or what is wrong with the text. */
export function readObject(text: string): object | string {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  return typeof said === 'object' && said !== null ? said : 'not an object';
}
