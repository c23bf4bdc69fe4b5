// A receiver of webhooks in Node.js, without dependencies: WEBHOOK_SECRETS=... node receiver.js 9000
//
// It believes nothing that is not signed, answers at once, and does the work afterwards: each event once, and no old
// news.
'use strict';

const crypto = require('crypto');
const http = require('http');

// One, or two while one replaces the other, with a space between them.
const SECRETS = process.env.WEBHOOK_SECRETS.split(' ');
const LONGEST = 1_000_000;
const TOLERANCE = 300;

function isGenuine(headers, rawBody) {
  const timestamp = headers['x-webhook-timestamp'] ?? '';
  if (!/^[0-9]{1,15}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) return false;
  const given = Buffer.from(headers['x-webhook-signature'] ?? '');
  return SECRETS.some((secret) => {
    const hmac = crypto.createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody);
    const expected = Buffer.from(hmac.digest('hex'));
    return given.length === expected.length && crypto.timingSafeEqual(given, expected);
  });
}

// In your program these are tables: an event is kept before it is answered, and handled in the transaction that
// remembers it. In memory, as here, a restart forgets what was answered and not yet handled.
const inbox = [];
const seen = new Set();
const latest = new Map();

function put(event) {
  if (seen.has(event.id)) return;
  seen.add(event.id);
  inbox.push(event);
  setImmediate(work);
}

function work() {
  while (inbox.length > 0) {
    const event = inbox.shift();
    try {
      const subject = event.data.orderId ?? event.data.inventoryId ?? event.data.webhookId;
      if (event.sequence <= (latest.get(subject) ?? 0)) continue;
      handle(event);
      latest.set(subject, event.sequence);
    } catch (error) {
      // It must hold up nothing else; a table would keep it for another try.
      console.error('not handled', event.id, error);
    }
  }
}

function handle(event) {
  console.log('handled', event.event, event.id, event.sequence);
}

const server = http.createServer((request, response) => {
  const parts = [];
  let length = 0;
  request.on('data', (part) => {
    length += part.length;
    if (length > LONGEST) {
      response.writeHead(413, { Connection: 'close' }).end();
      request.destroy();
    } else {
      parts.push(part);
    }
  });
  request.on('end', () => {
    const rawBody = Buffer.concat(parts);
    if (request.method !== 'POST' || !isGenuine(request.headers, rawBody)) {
      response.writeHead(401).end();
      return;
    }
    put(JSON.parse(rawBody));
    response.writeHead(204).end();
  });
});

server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening', server.address().port));
