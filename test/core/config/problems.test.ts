/** Wrong configuration files, and what is said about them. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfig } from '../../../core/config/read.js'
import { ConfigurationError } from '../../../core/errors.js'

/** The lines of the error, without the name of the file; none where the file is right. */
const problemsOf = (t: Test, text: string, environment = {}): string[] => {
  const file = join(t.testdir({ 'host.json': text, 'app.js': '', folder: {} }), 'host.json')
  try {
    readConfig(file, environment)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.message
      .split('\n')
      .map((line) => line.replaceAll(file, 'FILE').replaceAll(t.testdirName, 'DIR'))
  }
}

const APPS = `"applications": [{ "type": "static" }]`
const BINDINGS = `"bindings": [{ "bindingInformation": "*:80:" }]`
const SITES = `"sites": [{ "name": "a", ${BINDINGS}, ${APPS} }]`

/** Sections of the file beside a right site, or instead of it. */
const cases: Readonly<Record<string, readonly [file: string, ...lines: string[]]>> = {
  'broken JSON says where': [
    `{\n  "sites": [\n    { "name" "a" }\n  ]\n}`,
    'FILE:3:14: /: a colon is expected here',
  ],
  'a file that ends too early': [
    `{ "sites": [`,
    'FILE:1:13: /: a closing "]" is expected here',
    'FILE:1:13: /: a closing "}" is expected here',
  ],
  'an empty file': ['', 'FILE:1:1: /: a value is expected here'],
  'a file that is no object': [`[1]`, 'FILE:1:1: /: must be an object, not a list'],
  'a key that is there twice': [
    `{ ${SITES},\n "caching": { "enabled": true, "enabled": false } }`,
    'FILE:2:32: /caching/enabled: the key "enabled" is here twice; only the last would count',
  ],
  'a missing key names the object that lacks it': [
    `{ "applicationPools": [\n  {}] }`,
    'FILE:1:1: /: "sites" is missing (The sites)',
    'FILE:2:3: /applicationPools/0: "name" is missing (Name of the pool, at most 64 characters)',
  ],
  'an unknown key, with the nearest known one': [
    `{ ${SITES},\n "applicationPools": [{ "name": "p",\n   "queueLenght": 10 }] }`,
    'FILE:3:4: /applicationPools/0/queueLenght: unknown key "queueLenght"; did you mean "queueLength"?',
  ],
  'a known key in the wrong section': [
    `{ ${SITES},\n "applicationPools": [{ "name": "p", "threads": 2 }] }`,
    'FILE:2:38: /applicationPools/0/threads: unknown key "threads" here; it belongs in "processModel"',
  ],
  'an unknown key that is near to none': [
    `{ ${SITES},\n "eventLog": { "colour": 1 } }`,
    'FILE:2:16: /eventLog/colour: unknown key "colour"; the keys here are "file" and "level"',
  ],
  'a site that wants a log module which nobody runs': [
    `{ ${SITES},\n "modules": [{ "name": "audit", "module": "./app.js" }],\n "siteDefaults": { "logFile": { "modules": ["audit"] } } }`,
    'FILE:1:13: /sites/0/logFile/modules/0: there is no log module "audit" in pipeline.log; name it there too',
  ],
  'a custom log that nobody writes': [
    `{ "sites": [{ "name": "a", ${BINDINGS}, ${APPS},\n  "logFile": { "logFormat": "Custom" } }] }`,
    'FILE:2:29: /sites/0/logFile/logFormat: Custom writes no file, and no log module gets the requests of this site: declare one in "modules" and name it in pipeline.log and, where the site has a list, in logFile.modules; or set "enabled": false',
  ],
  'a custom log whose site wants none of the log modules': [
    `{ "modules": [{ "name": "audit", "module": "./app.js" }], "pipeline": { "log": "audit" },\n "sites": [{ "name": "a", ${BINDINGS}, ${APPS},\n  "logFile": { "logFormat": "Custom", "modules": [] } }] }`,
    'FILE:3:29: /sites/0/logFile/logFormat: Custom writes no file, and no log module gets the requests of this site: declare one in "modules" and name it in pipeline.log and, where the site has a list, in logFile.modules; or set "enabled": false',
  ],
  'a custom log that a module writes, one that is off, and one beside a central log, are right': [
    `{ "modules": [{ "name": "audit", "module": "./app.js" }], "pipeline": { "log": "audit" },\n "siteDefaults": { "logFile": { "logFormat": "Custom" } }, ${SITES} }`,
  ],
  'a wrong slot': [
    `{ ${SITES},\n "pipeline": { "cach": "cache" } }`,
    'FILE:2:16: /pipeline/cach: unknown key "cach"; did you mean "cache"?',
  ],
  'wrong types': [
    `{ ${SITES},\n "webLimits": { "maxFieldLength": "100",\n "allowDoubleEscaping": 1,\n "connectionTimeout": 20 },\n "log": [],\n "modules": {},\n "pipeline": { "log": 5 } }`,
    'FILE:2:35: /webLimits/maxFieldLength: must be a whole number from 64 to 65534, not "100"',
    'FILE:3:25: /webLimits/allowDoubleEscaping: must be true or false, not 1',
    'FILE:4:23: /webLimits/connectionTimeout: must be a time span from 00:00:00 to 18:12:15, such as "00:20:00" or "20m", not 20',
    'FILE:5:9: /log: must be an object, not an empty list',
    'FILE:6:13: /modules: must be a list, not an object',
    'FILE:7:23: /pipeline/log: must be a string or a list of strings, not 5',
  ],
  'values out of range': [
    `{ ${SITES},\n "applicationPools": [{ "name": "p", "queueLength": 5, "concurrentRequests": 1.5,\n "processModel": { "startupTimeLimit": "0s", "shutdownTimeLimit": "50d" },\n "failure": { "inFlight": "resett" } }] }`,
    'FILE:2:53: /applicationPools/0/queueLength: must be a whole number from 10 to 65535, not 5',
    'FILE:2:78: /applicationPools/0/concurrentRequests: must be a whole number from 1 to 65535, not 1.5',
    'FILE:3:40: /applicationPools/0/processModel/startupTimeLimit: must be a time span from 00:00:01 to 49.17:02:47, such as "00:20:00" or "20m", not "0s"',
    'FILE:3:67: /applicationPools/0/processModel/shutdownTimeLimit: must be a time span from 00:00:01 to 49.17:02:47, such as "00:20:00" or "20m", not "50d"',
    'FILE:4:27: /applicationPools/0/failure/inFlight: must be one of "reset", "502", "retrySafe"; not "resett"',
  ],
  'what is not supported yet is refused by key': [
    `{ ${SITES},\n "applicationPoolDefaults": {\n "processModel": { "logonType": "nonsense" },\n "CLRConfigFile": 7 },\n "siteDefaults": { "traceFailedRequestsLogging": { "enable": 1 } } }`,
    'FILE:3:20: /applicationPoolDefaults/processModel/logonType: "logonType" is not supported yet; leave it out',
    'FILE:4:2: /applicationPoolDefaults/CLRConfigFile: "CLRConfigFile" is not supported yet; leave it out',
    'FILE:5:20: /siteDefaults/traceFailedRequestsLogging: "traceFailedRequestsLogging" is not supported yet; leave it out',
  ],
  'what is not supported yet is refused by value': [
    `{ "applicationPools": [{ "name": "p", "processModel": { "maxProcesses": 0 } }],\n "sites": [{ "name": "a", "bindings": [{ "protocol": "ftp", "bindingInformation": "*:80:" }], ${APPS} }] }`,
    'FILE:1:73: /applicationPools/0/processModel/maxProcesses: "maxProcesses": 0 is not supported yet; use another value',
    'FILE:2:54: /sites/0/bindings/0/protocol: "protocol": "ftp" is not supported yet; use "http" or "https"',
  ],
  'names taken twice': [
    `{ "modules": [{ "name": "m", "module": "x" }, { "name": "m", "module": "y" }],\n "applicationPools": [{ "name": "P" }, { "name": "p" }],\n "sites": [{ "name": "a", "id": 4, ${BINDINGS}, ${APPS} },\n  { "name": "A", "id": 4, "bindings": [{ "bindingInformation": "*:81:" }], ${APPS} }] }`,
    'FILE:1:57: /modules/1/name: the module "m" is already declared at /modules/0; names are the same in any case',
    'FILE:2:50: /applicationPools/1/name: the application pool "p" is already declared at /applicationPools/0; names are the same in any case',
    'FILE:4:13: /sites/1/name: the site "A" is already declared at /sites/0; names are the same in any case',
    'FILE:4:24: /sites/1/id: the site id 4 is already that of /sites/0',
  ],
  'a binding taken twice, within a site or between two': [
    `{ "sites": [{ "name": "a", "bindings": [{ "bindingInformation": "*:80:x" },\n { "bindingInformation": "*:80:X" }, { "bindingInformation": "*:0:" }, { "bindingInformation": "*:0:" }], ${APPS} },\n { "name": "b", "bindings": [{ "bindingInformation": "*:80:x" }, { "bindingInformation": "*:80:" }], ${APPS} }] }`,
    'FILE:2:2: /sites/0/bindings/1: the binding "*:80:X" is already that of /sites/0/bindings/0; give one a host name or another port',
    'FILE:3:30: /sites/1/bindings/0: the binding "*:80:x" is already that of /sites/0/bindings/0; give one a host name or another port',
  ],
  'a malformed binding': [
    `{ "sites": [{ "name": "a", "bindings": [{ "bindingInformation": "localhost:80:" }], ${APPS} }] }`,
    'FILE:1:65: /sites/0/bindings/0/bindingInformation: must begin with "*", an IPv4 address, or an IPv6 address in brackets, not "localhost"',
  ],
  'a site without bindings or applications': [
    `{ "sites": [\n{ "name": "a", "bindings": [], "applications": [] },\n{ "name": "b" }] }`,
    'FILE:2:28: /sites/0/bindings: must be a list of at least one, not an empty list',
    'FILE:2:48: /sites/0/applications: must be a list of at least one, not an empty list',
    'FILE:3:1: /sites/1: "bindings" is missing (Where the site is reached)',
    'FILE:3:1: /sites/1: "applications" is missing (What the site is made of)',
  ],
  'a pool that does not exist': [
    `{ "applicationPools": [{ "name": "Shop" }], "sites": [{ "name": "a", ${BINDINGS}, "applications": [\n{ "type": "static", "applicationPool": "Shpo" },\n{ "path": "/b", "type": "static", "applicationPool": "Completely" }] }] }`,
    'FILE:2:40: /sites/0/applications/0/applicationPool: there is no application pool "Shpo"; did you mean "Shop"?',
    'FILE:3:54: /sites/0/applications/1/applicationPool: there is no application pool "Completely"; declare it in "applicationPools"',
  ],
  'a slot that names no module': [
    `{ ${SITES},\n "modules": [{ "name": "jsonLines", "module": "x" }],\n "pipeline": { "log": "jsonlines",\n "cache": ["cache", "elsewhere"] } }`,
    'FILE:3:23: /pipeline/log: there is no module "jsonlines"; did you mean "jsonLines"?',
    'FILE:4:21: /pipeline/cache/1: there is no module "elsewhere"; declare it in "modules"',
  ],
  'module files that are not there': [
    `{ "modules": [{ "name": "m", "module": "./m.js" }], "sites": [{ "name": "a", ${BINDINGS},\n "applications": [{ "module": "./nope.js" }, { "path": "/f", "module": "./folder" }, { "path": "/g", "module": "./app.js" }] }] }`,
    'FILE:1:40: /modules/0/module: there is no file DIR/m.js',
    'FILE:2:31: /sites/0/applications/0/module: there is no file DIR/nope.js',
    'FILE:2:72: /sites/0/applications/1/module: DIR/folder is no file; name the file that holds the module',
  ],
  'an application that is nothing': [
    `{ "sites": [{ "name": "a", ${BINDINGS},\n "applications": [{ "path": "/" }] }] }`,
    'FILE:2:19: /sites/0/applications/0: needs "module", the file or package of the application, or "type": "static" for a folder of files',
  ],
  'paths of applications': [
    `{ "sites": [{ "name": "a", ${BINDINGS}, "applications": [\n{ "path": "shop", "type": "static" },\n{ "path": "/shop/", "type": "static" },\n{ "path": "/a/../b", "type": "static" },\n{ "path": "/a//b", "type": "static" },\n{ "path": "/a?b", "type": "static" },\n{ "path": "/Ok", "type": "static" },\n{ "path": "/ok", "type": "static" }] }] }`,
    'FILE:2:11: /sites/0/applications/0/path: must begin with "/", such as "/shop"',
    'FILE:3:11: /sites/0/applications/1/path: must not end with "/"',
    'FILE:4:11: /sites/0/applications/2/path: must not have "." or ".." in it',
    'FILE:5:11: /sites/0/applications/3/path: must not have an empty segment ("//")',
    'FILE:6:11: /sites/0/applications/4/path: must not have "?" in it',
    'FILE:8:11: /sites/0/applications/6/path: the path "/ok" is already that of /sites/0/applications/5; paths are the same in any case',
  ],
  'names of pools and sites': [
    `{ "applicationPools": [{ "name": "a|b" },\n{ "name": "" }, { "name": "${'x'.repeat(65)}" }],\n"sites": [{ "name": "a/b", ${BINDINGS}, ${APPS} }] }`,
    'FILE:1:34: /applicationPools/0/name: must not have "|" in it',
    'FILE:2:11: /applicationPools/1/name: must not be empty',
    'FILE:2:27: /applicationPools/2/name: must have at most 64 characters, not 65',
    'FILE:3:21: /sites/0/name: must not have "/" in it',
  ],
  'applications of one pool that contradict each other': [
    `{ "applicationPoolDefaults": { "environmentVariables": { "P": "0" } }, "sites": [{ "name": "a", ${BINDINGS}, "applications": [\n{ "type": "static", "environment": { "A": "1", "B": "1" } },\n{ "path": "/b", "type": "static", "environment": { "A": "2", "B": "1",\n "P": "1" } }] }] }`,
    'FILE:3:57: /sites/0/applications/1/environment/A: A has another value at /sites/0/applications/0, and both share the workers of the pool "DefaultAppPool"; give the application a pool of its own',
    'FILE:4:7: /sites/0/applications/1/environment/P: P has another value at /applicationPools, and both share the workers of the pool "DefaultAppPool"; give the application a pool of its own',
  ],
  'a variable that is not set is reported once': [
    `{ ${SITES.replace('*:80:', '*:${NO_SUCH_PORT}:')},\n "eventLog": { "file": "%NO_SUCH_FOLDER%/x" } }`,
    'FILE:1:65: /sites/0/bindings/0/bindingInformation: the environment variable "NO_SUCH_PORT" is not set',
    'FILE:2:24: /eventLog/file: the environment variable "NO_SUCH_FOLDER" is not set',
  ],
  'a word that is in a list twice, and one that is unknown': [
    `{ ${SITES}, "siteDefaults": { "logFile": {\n "logExtFileFlags": ["Date", "Time", "Date"], "period": "daily" } } }`,
    'FILE:2:38: /siteDefaults/logFile/logExtFileFlags/2: is in the list twice',
    'FILE:2:57: /siteDefaults/logFile/period: must be one of "Hourly", "Daily", "Weekly", "Monthly", "MaxSize"; not "daily"',
  ],
  'lines ended by CRLF are counted once': [
    `{\r\n ${SITES},\r\n\r\n "loog": {} }`,
    'FILE:4:2: /loog: unknown key "loog"; did you mean "log"?',
  ],
  'a key that would reach into the object itself': [
    `{ ${SITES},\n "__proto__": { "x": 1 } }`,
    'FILE:2:2: /__proto__: "__proto__" cannot be a key',
  ],
}

for (const [name, [text, ...lines]] of Object.entries(cases)) {
  t.test(`reported: ${name}`, (t) => {
    t.strictSame(problemsOf(t, text), lines)
    t.end()
  })
}

t.test('a file that is not there, or is a folder, is one problem at its first place', (t) => {
  const directory = t.testdir({})
  const missing = join(directory, 'nope.json')
  t.throws(() => readConfig(missing, {}), {
    message: `${missing}:1:1: /: cannot be read: there is no such file`,
  })
  t.throws(() => readConfig(directory, {}), {
    message: `${directory}:1:1: /: cannot be read: this is a folder, not a file`,
  })
  t.end()
})

t.test('a mistake in defaults is reported once, however many inherit it', (t) => {
  const sites = Array.from({ length: 20 }, (_, index) => ({
    name: `s${index}`,
    bindings: [{ bindingInformation: `*:80:s${index}` }],
    applications: [{ type: 'static' }],
  }))
  const lines = problemsOf(t, JSON.stringify({ siteDefaults: { limits: { maxUrlSegments: -1 } }, sites }))
  t.strictSame(lines, [
    'FILE:1:45: /siteDefaults/limits/maxUrlSegments: must be a whole number from 0 to 16383, not -1',
  ])
  t.end()
})
