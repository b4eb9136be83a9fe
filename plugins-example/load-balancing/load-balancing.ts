/** A load-balancing function: requests with the same value of a header go to the same worker, which has its data at hand. */
import { Type } from 'typebox'
import { defineBalancer } from 'webgarden'

export default defineBalancer({
  name: 'load-balancing',
  options: Type.Object({ header: Type.String({ default: 'x-tenant', description: 'Whose value decides.' }) }),
  setup: (_scope, { header }) => {
    const name = header.toLowerCase()
    return (receivers, ctx) => {
      const value = ctx.header(name)
      // Undefined: the next in turn.
      return value === undefined ? undefined : receivers[hash(value) % receivers.length]
    }
  },
})

const hash = (text: string): number => {
  let sum = 0
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return sum
}
