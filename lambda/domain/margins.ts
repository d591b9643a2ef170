// How a function divides the time that Lambda gives it. Milliseconds.

/** Kept back to say what became of the notices. */
export const MARGIN_MS = 1_000;

/** Kept back before that for the ticket: a command that hangs must not take its time too. */
export const TICKET_MS = 1_500;

/** The same for a batch of the overflow queue, whose messages are to be tidied as well. */
export const TIDY_MS = 3_000;
