/** Whether a text begins with a head; asked for each response of a worker. */

/**
 * As `text.startsWith(head)`, which reads a text that was put together of pieces character by character: for a usual head
 * 300 ns instead of 10.
 */
export const beginsWith = (text: string, head: string): boolean =>
  // eslint-disable-next-line @typescript-eslint/prefer-string-starts-ends-with -- see above
  text.slice(0, head.length) === head
