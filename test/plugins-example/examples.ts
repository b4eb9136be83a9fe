/** Where the compiled examples lie, for configurations that these tests write. */
import { fileURLToPath } from 'node:url'

/** An entry of `modules` for one of the examples, which all live in a folder of their own name. */
export const example = (name: string, options: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  module: fileURLToPath(new URL(`../../plugins-example/${name}/${name}.js`, import.meta.url)),
  options,
})
