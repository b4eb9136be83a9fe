/** An IP address as IIS logs it. */

const MAPPED = '::ffff:'

/** A client of IPv4 on a socket of both families comes as `::ffff:192.0.2.1` (RFC 4291 section 2.5.5.2). */
export const plainAddress = (address: string): string =>
  address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address
