/** What `httpErrors` can be told, under IIS's names. */
import { choice, count, filePath, list, object, optionsOf, text } from '../option-schema.js'

export type ResponseMode = 'File' | 'ExecuteURL' | 'Redirect'

export interface ErrorOptions {
  readonly statusCode: number
  readonly subStatusCode: number
  readonly prefixLanguageFilePath?: string
  readonly path: string
  readonly responseMode: ResponseMode
}

export interface HttpErrorsOptions {
  readonly errorMode: 'DetailedLocalOnly' | 'Custom' | 'Detailed'
  readonly existingResponse: 'Auto' | 'Replace' | 'PassThrough'
  readonly defaultPath: string
  readonly defaultResponseMode: ResponseMode
  readonly directory: string
  readonly error: readonly ErrorOptions[]
}

const MODES = ['File', 'ExecuteURL', 'Redirect'] as const

export const options = optionsOf<HttpErrorsOptions>({
  errorMode: choice(
    ['DetailedLocalOnly', 'Custom', 'Detailed'],
    'DetailedLocalOnly',
    'Who sees what went wrong: clients on this machine, nobody, everybody.',
  ),
  existingResponse: choice(
    ['Auto', 'Replace', 'PassThrough'],
    'Auto',
    "Auto: errors of the server, and the application's own without a body. Replace: all. PassThrough: none.",
  ),
  defaultPath: text('For errors that no entry names; none: a plain page.', { default: '' }),
  defaultResponseMode: choice(MODES, 'File', 'What defaultPath is.'),
  directory: filePath('.', 'What relative paths of files are relative to.'),
  error: list(
    object(
      {
        statusCode: count(400, 400, 999, 'The status.'),
        subStatusCode: count(-1, -1, 999, 'The sub-status; -1 is any, an exact one counts before.'),
        prefixLanguageFilePath: filePath(
          undefined,
          'Folder that holds a folder for each language (`en-GB`, `de`), with `path` in it.',
        ),
        path: text('File, URL of this application, or URL to redirect to.', { minLength: 1 }),
        responseMode: choice(MODES, 'File', 'What path is.'),
      },
      'statusCode',
      'path',
    ),
    [],
    'Pages for errors.',
  ),
})
