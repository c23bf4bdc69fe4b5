// The guide's verification of a webhook, step for step, over stdin: a delivery a line, as JSON with the body in base64,
// and for each a line with "true", "false" or the name of the error that it threw.
const crypto = require('crypto');
const readline = require('readline');

function verifyWebhook(rawBody, signature, timestamp, secret) {
  // Reject old timestamps (replay protection)
  const age = Date.now() / 1000 - parseInt(timestamp);
  if (age > 300) return false; // 5 minute window

  // Compute expected signature
  const signedPayload = `${timestamp}.${rawBody}`;
  const expected = crypto
    .createHmac('sha256', secret)
    .update(signedPayload)
    .digest('hex');

  // Timing-safe comparison
  return crypto.timingSafeEqual(
    Buffer.from(signature),
    Buffer.from(expected)
  );
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { body, signature, timestamp, secret } = JSON.parse(line);
  const rawBody = Buffer.from(body, 'base64').toString('utf8');
  try {
    console.log(String(verifyWebhook(rawBody, signature, timestamp, secret)));
  } catch (error) {
    console.log(error.name);
  }
});
