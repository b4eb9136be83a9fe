/** What the configuration says of a program: its schema and its defaults, IIS's httpPlatform section. */

export interface ProgramOptions {
  readonly command: readonly string[]
  readonly startupTimeLimit: number
  readonly startupRetryCount: number
  readonly rapidFailsPerMinute: number
  readonly requestTimeout: number
  readonly processesPerApplication: number
  readonly stdoutLogEnabled: boolean
  readonly stdoutLogFile: string
  readonly healthPath?: string
  readonly environment: Readonly<Record<string, string>>
}

export const PROGRAM_DEFAULTS: Omit<ProgramOptions, 'command'> = {
  startupTimeLimit: 10_000,
  startupRetryCount: 10,
  rapidFailsPerMinute: 10,
  requestTimeout: 120_000,
  processesPerApplication: 1,
  stdoutLogEnabled: false,
  stdoutLogFile: 'stdout.log',
  environment: {},
}

const whole = (minimum: number, preset: number, description: string): object => ({
  type: 'integer',
  minimum,
  maximum: 2_147_483_647,
  default: preset,
  description,
})

export const programSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: {
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
      description: 'The program and its arguments; %PORT% or %SOCKET% stands for where it must listen.',
    },
    startupTimeLimit: whole(1, 10_000, 'Until it listens, in milliseconds.'),
    startupRetryCount: whole(0, 10, 'How often a start that failed is tried again.'),
    rapidFailsPerMinute: whole(1, 10, 'So many ends within a minute, and it is not started again.'),
    requestTimeout: whole(1, 120_000, 'For the head of an answer, and between its parts, in milliseconds.'),
    processesPerApplication: { ...whole(1, 1, 'How many of it run.'), maximum: 100 },
    stdoutLogEnabled: {
      type: 'boolean',
      default: false,
      description: 'Whether what it prints goes to stdoutLogFile.',
    },
    stdoutLogFile: {
      type: 'string',
      minLength: 1,
      default: 'stdout.log',
      description: 'Below physicalPath.',
    },
    healthPath: { type: 'string', pattern: '^/', description: 'Must answer below 400 before it is ready.' },
    environment: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Variables of its own; %PORT% and %SOCKET% are replaced here too.',
    },
  },
}
