/** The command line of the benchmark. */
import { parseArgs } from 'node:util'
import { goals } from './goals.js'

const names = [...new Set(goals.map(({ name }) => name))]

const USAGE = `npm run bench -- [options]

  --smoke        one round of 1 s each; fails only when something is not answered 2xx
  --seconds N    length of one measurement (5)
  --rounds N     rounds (3)
  --only NAME    only what this row needs; may be repeated: ${names.join(', ')}
  --soak         memory over a long run instead
  --requests N   how long that run is (2000000)
  --json FILE    writes the figures to a file
  --write        puts the tables into docs/benchmarks.md`

export interface Options {
  readonly smoke: boolean
  readonly seconds: number
  readonly rounds: number
  readonly only: readonly string[]
  readonly soak: boolean
  readonly requests: number
  readonly json: string | undefined
  readonly write: boolean
}

/** @throws Error whose message is what is wrong and the usage. */
export const readOptions = (args: readonly string[]): Options => {
  try {
    return parse(args)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`)
  }
}

const parse = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      soak: { type: 'boolean', default: false },
      requests: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  const unknown = values.only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`There is no row "${unknown}"; there are ${names.join(', ')}`)
  return {
    ...values,
    json: values.json,
    seconds: count('seconds', values.seconds, values.smoke ? 1 : 5),
    rounds: count('rounds', values.rounds, values.smoke ? 1 : 3),
    requests: count('requests', values.requests, 2_000_000),
  }
}

const count = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new Error(`--${name} ${text}: it must be a whole number from 1 up`)
}
