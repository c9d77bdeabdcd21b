// A mail server (npm smtp-server) that takes mail under TLS from one user alone. Arguments: the files of its key and certificate, the user's name and
// password, and "tls" where TLS begins with the first byte. What happens is written as a line of JSON, its port first.
import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';

const [key, cert, name, password, kind] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));
const server = new SMTPServer({
  secure: kind === 'tls',
  key: readFileSync(key),
  cert: readFileSync(cert),
  disableReverseLookup: true,
  onAuth(login, session, done) {
    tell({ login: login.username, method: login.method, secure: session.secure });
    done(login.username === name && login.password === password ? null : new Error('Wrong user or password'), { user: login.username });
  },
  onData(stream, session, done) {
    let text = '';
    stream.on('data', (chunk) => { text += chunk; });
    stream.on('end', () => {
      tell({ to: session.envelope.rcptTo.map((recipient) => recipient.address), user: session.user, secure: session.secure, text });
      done();
    });
  },
});
server.on('error', (error) => tell({ error: error.message }));
server.listen(0, '127.0.0.1', () => tell({ port: server.server.address().port }));
