/** An adapter for applications that are a table of answers: `export default { '/': 'hello' }`. */
import { defineAdapter } from 'webgarden'

type Answers = Readonly<Record<string, string>>

const isAnswers = (value: unknown): value is Answers =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(([path, answer]) => path.startsWith('/') && typeof answer === 'string')

export default defineAdapter({
  name: 'adapter-answers',
  adapt({ exports }) {
    const answers = exports?.default
    if (!isAnswers(answers)) throw new Error('The module exports no table of paths and texts by default.')
    return {
      handle({ url = '/' }, response) {
        const [path = '/'] = url.split('?')
        const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
        response.statusCode = answer === undefined ? 404 : 200
        response.end(answer ?? 'no answer\n')
      },
    }
  },
})
