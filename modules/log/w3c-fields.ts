/** The fields of the W3C Extended format in their fixed order: the flag that selects each, and its name in `#Fields`. */

/** Numbers, because the line is built by a switch over them, for every request. */
export const Field = {
  Date: 0,
  Time: 1,
  SiteName: 2,
  ComputerName: 3,
  ServerIP: 4,
  Method: 5,
  UriStem: 6,
  UriQuery: 7,
  ServerPort: 8,
  UserName: 9,
  ClientIP: 10,
  ProtocolVersion: 11,
  UserAgent: 12,
  Cookie: 13,
  Referer: 14,
  Host: 15,
  HttpStatus: 16,
  HttpSubStatus: 17,
  Win32Status: 18,
  BytesSent: 19,
  BytesRecv: 20,
  TimeTaken: 21,
} as const

type FieldFlag = keyof typeof Field

const names: readonly (readonly [FieldFlag, string])[] = [
  ['Date', 'date'],
  ['Time', 'time'],
  ['SiteName', 's-sitename'],
  ['ComputerName', 's-computername'],
  ['ServerIP', 's-ip'],
  ['Method', 'cs-method'],
  ['UriStem', 'cs-uri-stem'],
  ['UriQuery', 'cs-uri-query'],
  ['ServerPort', 's-port'],
  ['UserName', 'cs-username'],
  ['ClientIP', 'c-ip'],
  ['ProtocolVersion', 'cs-version'],
  ['UserAgent', 'cs(User-Agent)'],
  ['Cookie', 'cs(Cookie)'],
  ['Referer', 'cs(Referer)'],
  ['Host', 'cs-host'],
  ['HttpStatus', 'sc-status'],
  ['HttpSubStatus', 'sc-substatus'],
  ['Win32Status', 'sc-win32-status'],
  ['BytesSent', 'sc-bytes'],
  ['BytesRecv', 'cs-bytes'],
  ['TimeTaken', 'time-taken'],
]

/** Names of the selected fields, in the fixed order whatever that of the selection. */
export const fieldNames = (flags: readonly FieldFlag[]): string[] =>
  names.filter(([flag]) => flags.includes(flag)).map(([, name]) => name)

/** Numbers of the selected fields, in the same order, without those of the time. */
export const fieldNumbers = (flags: readonly FieldFlag[]): number[] =>
  names.filter(([flag]) => flags.includes(flag) && Field[flag] > Field.Time).map(([flag]) => Field[flag])

/** Name of a field by its number. */
export const fieldName = (field: number): string => names[field]?.[1] ?? ''
