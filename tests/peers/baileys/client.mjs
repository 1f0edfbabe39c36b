// A Baileys client that a test drives: node client.mjs <websocket URL> <Noise root in hexadecimal>.
// One JSON object a line: calls of the socket on standard input, answers and events on output.
import { createInterface } from 'node:readline'
import makeWASocket, { DisconnectReason, initAuthCreds } from 'baileys'
import { WA_CERT_DETAILS } from 'baileys/lib/Defaults/index.js'

const [url, root] = process.argv.slice(2)
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex')
const media = `https://${new URL(url).host}`
const fetchAnything = globalThis.fetch
globalThis.fetch = (target, options) =>
  fetchAnything(String(target).replace('https://mmg.whatsapp.net', media), options)

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')
const readable = (_name, value) => (value instanceof Error ? value.stack : value)
const complain = (...parts) => console.error(...parts.map((part) => JSON.stringify(part, readable)))
console.log = console.info = console.error // the Signal library speaks of its sessions
const ignore = () => undefined
const logger = { level: 'warn', trace: ignore, debug: ignore, info: ignore, warn: complain, error: complain }
logger.child = () => logger

const creds = initAuthCreds()
const kept = {}
const keys = {
  get: (type, ids) => {
    const known = kept[type] ?? {}
    return Object.fromEntries(ids.filter((id) => known[id] != null).map((id) => [id, known[id]]))
  },
  set: (changes) => {
    for (const type in changes) kept[type] = { ...kept[type], ...changes[type] }
  },
}
const sent = new Map()

const meet = (contacts) => {
  for (const { id, name } of contacts) say({ event: 'contact', id, name: name ?? null })
}

let socket
function connect() {
  socket = makeWASocket({
    waWebSocketUrl: url,
    auth: { creds, keys },
    logger,
    markOnlineOnConnect: false,
    getMessage: async (key) => sent.get(key.id),
  })
  socket.ev.on('creds.update', (changed) => Object.assign(creds, changed))
  socket.ev.on('connection.update', (update) => {
    if (update.qr) say({ event: 'qr', code: update.qr })
    if (update.connection === 'open') say({ event: 'open' })
    if (update.connection === 'close') {
      const code = update.lastDisconnect?.error?.output?.statusCode
      say({ event: 'close', code })
      if (code === DisconnectReason.restartRequired) connect()
    }
  })
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { key, message } of messages) {
      const text = message?.conversation ?? message?.extendedTextMessage?.text
      say({ event: 'message', id: key.id, chat: key.remoteJid, fromMe: key.fromMe, text: text ?? null })
    }
  })
  socket.ev.on('messages.update', (updates) => {
    for (const { key, update } of updates) {
      if (update.message) say({ event: 'message', id: key.id, text: update.message.conversation ?? null })
      if (update.status) say({ event: 'status', id: key.id, status: update.status })
    }
  })
  socket.ev.on('messaging-history.set', ({ chats, contacts, messages }) => {
    say({ event: 'history', chats: chats.length, messages: messages.length })
    meet(contacts) // those of the address book are among them when both come at once
  })
  socket.ev.on('contacts.upsert', meet)
}

const operations = {
  send: async (to, text) => {
    const { key, message } = await socket.sendMessage(to, { text })
    sent.set(key.id, message)
    return key.id
  },
  logout: () => socket.logout(),
  block: (jid) => socket.updateBlockStatus(jid, 'block'),
  blocked: () => socket.fetchBlocklist(),
}

connect()
createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { call, op, args } = JSON.parse(line)
    try {
      say({ call, result: (await operations[op](...args)) ?? null })
    } catch (error) {
      say({ call, error: String(error) })
    }
  })
  .on('close', () => process.exit(0))
