/** Measures how many requests a second a server answers. */
import { ask, type Question } from './ask.js'
import type { LoadResult } from './load.js'
import type { Run } from './run.js'

/** @throws Error when an answer is not 2xx, or none comes. */
export const measureRate = async (run: Run, question: Question): Promise<LoadResult> => {
  const { body } = await ask(question)
  if (body.length < (question.bodySize ?? 1))
    throw new Error(`${question.url} answered ${body.length} bytes only`)
  if (run.warmUp > 0) await run.driver.drive({ ...question, seconds: run.warmUp })
  const result = await run.driver.drive({ ...question, seconds: run.seconds })
  if (result.requests > 0 && result.failures === 0) return result
  throw new Error(`${question.url}: ${result.requests} requests, ${result.failures} of them failed`)
}
