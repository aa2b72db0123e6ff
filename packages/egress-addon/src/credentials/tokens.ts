/**
 * The value for a `tokenRef`; `undefined`: not available, and the request is denied. Asked on each request, so a value that is at
 * hand is best answered at once: then nothing waits. A promise that fails counts as `undefined`.
 */
export type Tokens = (tokenRef: string) => string | undefined | Promise<string | undefined>;
