/** Puts the tables of a run into docs/benchmarks.md, between the two marks there. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Setting } from './machine.js'

const PAGE = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url))

/** @throws Error when the page does not have the marks. */
export const publish = async (
  section: 'figures' | 'soak',
  setting: Setting,
  tables: readonly string[],
): Promise<void> => {
  const from = `<!-- ${section} -->`
  const to = `<!-- end of ${section} -->`
  const page = await readFile(PAGE, 'utf8')
  const [before, rest] = split(page, from)
  const [, after] = split(rest, to)
  await writeFile(
    PAGE,
    [before, from, '\n\n', describe(setting), '\n\n', tables.join('\n\n'), '\n\n', to, after].join(''),
  )
}

const describe = (setting: Setting): string =>
  [
    `- Command: \`${setting.command}\``,
    `- Date: ${setting.date}`,
    `- Machine: ${setting.machine}`,
    `- System: ${setting.system}, Node ${setting.node}, ${setting.nginx}`,
    `- Driver: ${setting.driver}`,
  ].join('\n')

const split = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark)
  if (at === -1) throw new Error(`${PAGE} has no ${mark}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}
