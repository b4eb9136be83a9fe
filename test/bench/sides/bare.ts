/** An application as its own server, without anything in front of it. */
import type { Question } from '../ask.js'
import type { Figure } from '../figures.js'
import { measureRate } from '../measure-rate.js'
import { startProcess } from '../processes.js'
import { applicationFile } from '../webgarden.js'
import type { Side } from './side.js'

/** 1 MB, what `1 MB body` means in all sides. */
export const BODY_SIZE = 1_048_576

const LISTENING = /^listening on (\S+)$/m

export const startBare = async (
  application: 'bare-fastify' | 'bare-express',
): Promise<{ url: string; stop: () => Promise<void> }> => {
  const server = await startProcess(process.execPath, [applicationFile(application)], LISTENING)
  return { url: server.found[1] ?? '', stop: () => server.stop() }
}

const bareSide = (
  title: string,
  figure: Figure,
  application: 'bare-fastify' | 'bare-express',
  question: (url: string) => Question,
): Side => ({
  title,
  figures: [figure],
  measure: async (run) => {
    const server = await startBare(application)
    try {
      return { [figure]: (await measureRate(run, question(server.url))).perSecond }
    } finally {
      await server.stop()
    }
  },
})

export const bareFastify = bareSide('bare Fastify', 'bare.fastify', 'bare-fastify', (url) => ({
  url: `${url}/`,
}))

export const bareExpress = bareSide('bare Express', 'bare.express', 'bare-express', (url) => ({
  url: `${url}/`,
}))

export const bareBody = bareSide('1 MB body, bare Fastify', 'bare.body', 'bare-fastify', (url) => ({
  url: `${url}/echo`,
  bodySize: BODY_SIZE,
}))
