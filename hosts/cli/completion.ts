/** `webgarden completion bash|zsh`: the shells ask this program what may come next, and it reads that off its own commands. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { namesIn, type Noun } from '../../core/config/named.js'
import { CommandError, exitCodes } from './failure.js'

const BASH = `# webgarden completion for bash; use it with: source <(webgarden completion bash)
_webgarden() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$(printf '%q' "$word")")
  done < <(webgarden complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _webgarden webgarden
`

const ZSH = `#compdef webgarden
# webgarden completion for zsh; use it with: source <(webgarden completion zsh)
_webgarden() {
  local -a candidates
  candidates=("\${(@f)$(webgarden complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(\${candidates:#})
  if (( \${#candidates} )); then compadd -a candidates; else _files; fi
}
compdef _webgarden webgarden
`

export const printCompletion = (shell: string): void => {
  if (shell !== 'bash' && shell !== 'zsh') {
    throw new CommandError(`there is completion for bash and zsh, not for "${shell}"`, exitCodes.failed)
  }
  process.stdout.write(shell === 'bash' ? BASH : ZSH)
}

/**
 * What may stand in place of the last word, which may be begun: sub-commands, options, names out of the configuration. Nothing
 * where the shell should offer files.
 *
 * @param words - what was typed after `webgarden`
 */
export const complete = (root: Command, words: readonly string[]): string[] => {
  const typed = words.slice(0, -1)
  const begun = unquoted(words.at(-1) ?? '')
  if (['-c', '--config'].includes(typed.at(-1) ?? '')) return []
  let command = root
  let operands = 0
  for (let index = 0; index < typed.length; index++) {
    const word = typed[index] ?? ''
    if (word.startsWith('-')) {
      // The value of an option is no operand.
      const option = command.options.find((one) => word === one.short || word === one.long)
      if (option?.required || option?.optional) index++
      continue
    }
    const next = command.commands.find((one) => one.name() === word)
    if (next && operands === 0) command = next
    else operands++
  }
  const candidates = begun.startsWith('-')
    ? command.options.flatMap(({ long }) => (long ? [long] : []))
    : [
        ...(operands === 0
          ? command.commands.filter((one) => one.name() !== 'complete').map((one) => one.name())
          : []),
        ...namesFor(command.registeredArguments[operands]?.name(), typed),
      ]
  return candidates.filter((one) => one.toLowerCase().startsWith(begun.toLowerCase()))
}

/** A name that the shell has begun to quote. */
const unquoted = (word: string): string => word.replace(/^["']/, '').replaceAll(/\\(.)/g, '$1')

const nouns: readonly string[] = ['apppool', 'site', 'app'] satisfies readonly Noun[]

const namesFor = (argument: string | undefined, typed: readonly string[]): string[] => {
  if (argument === 'shell') return ['bash', 'zsh']
  if (argument === undefined || !nouns.includes(argument)) return []
  const at = typed.findIndex((word) => word === '-c' || word === '--config')
  try {
    const text = readFileSync((at >= 0 ? typed[at + 1] : undefined) ?? 'applicationHost.json', 'utf8')
    return namesIn(text, argument as Noun)
  } catch {
    return []
  }
}
