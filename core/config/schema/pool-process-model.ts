/** `processModel`: how many workers a pool has, who they are, and how long things may take them. */
import { Type } from 'typebox'
import { DAY, Flags, SECOND, TimeSpan } from './keywords.js'

/** Longest time limit of a worker: the milliseconds must fit 32 bits. */
const LONGEST = 4_294_967 * SECOND

export const processModel = Type.Object(
  {
    maxProcesses: Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      default: 1,
      notSupportedYet: [0],
      unit: 'workers',
      description:
        'Most workers at a time; more than one makes the pool a web garden, 0 is one per NUMA node.',
    }),
    threads: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 1,
      unit: 'threads',
      description: 'Threads of one worker; they are started and ended together.',
    }),
    startupTimeLimit: TimeSpan({
      from: SECOND,
      to: LONGEST,
      default: '00:01:30',
      description: 'A worker that is not ready by then has failed.',
    }),
    shutdownTimeLimit: TimeSpan({
      from: SECOND,
      to: LONGEST,
      default: '00:01:30',
      description: 'A worker that has not finished its requests by then is killed.',
    }),
    idleTimeout: TimeSpan({
      from: 0,
      to: 30 * DAY,
      default: '00:20:00',
      description: 'A worker without requests for so long is ended; 0 is never.',
    }),
    idleTimeoutAction: Type.Enum(['Terminate', 'Suspend'], {
      default: 'Terminate',
      notSupportedYet: ['Suspend'],
      description: 'What happens to an idle worker. Suspend: a thread cannot be put to sleep by others.',
    }),
    pingingEnabled: Type.Boolean({
      default: true,
      description: 'Whether workers are asked if they are alive.',
    }),
    pingInterval: TimeSpan({
      from: SECOND,
      to: LONGEST,
      default: '00:00:10',
      description: 'Time between two pings.',
    }),
    pingResponseTime: TimeSpan({
      from: SECOND,
      to: LONGEST,
      default: '00:00:20',
      description: 'A worker that has not answered a ping by then is replaced.',
    }),
    responseDeadlockInterval: TimeSpan({
      from: 0,
      to: LONGEST,
      default: '00:00:00',
      description:
        "A worker that has all the requests that it may take, and has finished none of them for so long while others wait, is unhealthy: the next ping sees it, and it is recycled. 0 is never. (A setting of ASP.NET's processModel, there 3 minutes; off here, since long polls and event streams look the same.)",
    }),
    logEventOnProcessModel: Flags(['IdleTimeout'], {
      default: ['IdleTimeout'],
      description: 'What is told to the event log.',
    }),
    identityType: Type.Enum(
      ['LocalSystem', 'LocalService', 'NetworkService', 'SpecificUser', 'ApplicationPoolIdentity'],
      {
        default: 'ApplicationPoolIdentity',
        description:
          'The account that worker processes run as: LocalSystem is root, LocalService nobody, NetworkService www-data, ' +
          'SpecificUser that of userName, ApplicationPoolIdentity that of the server.',
      },
    ),
    userName: Type.String({ default: '', description: 'Account for SpecificUser.' }),
    password: Type.String({
      default: '',
      description:
        'Password for SpecificUser: refused, since root needs none to run a worker as another account.',
    }),
    loadUserProfile: Type.Boolean({
      default: false,
      notSupportedYet: true,
      description: "Whether the account's profile is loaded.",
    }),
    setProfileEnvironment: Type.Boolean({
      default: true,
      description: "Whether HOME, USER, LOGNAME and SHELL are the account's.",
    }),
    logonType: Type.Enum(['LogonBatch', 'LogonService'], {
      default: 'LogonBatch',
      notSupportedYet: true,
      description: 'How the account logs on.',
    }),
    manualGroupMembership: Type.Boolean({
      default: false,
      notSupportedYet: true,
      description: "Whether the account must be put into the workers' group by hand.",
    }),
    requestQueueDelegatorIdentity: Type.String({
      default: '',
      notSupportedYet: true,
      description: 'Account that may hand requests on to the queue of this pool.',
    }),
  },
  { description: 'The workers of the pool.' },
)
