/** Which page answers an error: an entry for its sub-status, one for its status, or the default. */
import type { ErrorOptions, HttpErrorsOptions } from './options.js'

export type Page = Pick<ErrorOptions, 'path' | 'prefixLanguageFilePath' | 'responseMode'>

/** @throws Error where ExecuteURL is given something that is no URL of the application. */
export const pageChooser = ({
  error,
  defaultPath,
  defaultResponseMode,
}: HttpErrorsOptions): ((status: number, subStatus: number) => Page | null) => {
  const byKey = new Map(error.map((entry) => [`${entry.statusCode}.${entry.subStatusCode}`, entry]))
  const fallback: Page | null =
    defaultPath === '' ? null : { path: defaultPath, responseMode: defaultResponseMode }
  for (const { responseMode, path } of [...error, ...(fallback ? [fallback] : [])]) {
    if (responseMode !== 'ExecuteURL' || path.startsWith('/')) continue
    throw new Error(
      `httpErrors: ExecuteURL needs a path of this application, such as "/errors/404", not "${path}"`,
    )
  }
  return (status, subStatus) => byKey.get(`${status}.${subStatus}`) ?? byKey.get(`${status}.-1`) ?? fallback
}
