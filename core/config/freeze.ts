/** Makes a tree immutable, root last. */
export const freeze = <T extends object>(value: T): T => {
  for (const child of Object.values(value) as unknown[]) {
    if (typeof child === 'object' && child !== null) freeze(child)
  }
  return Object.freeze(value)
}
