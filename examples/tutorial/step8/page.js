import { run } from './longsplice.js';

const lines = document.querySelector('#lines'), line = document.querySelector('#line');
const name = location.hash.slice(1) || 'browser';

await run('/chat', async (c) => {
  line.onchange = () => {
    c.send(line.value);
    line.value = '';
  };
  for await (const message of c) lines.append(new TextDecoder().decode(message) + '\n');
}, { credential: name });
